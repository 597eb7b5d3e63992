/**
 * Nonces are filled and signed only in the tenant namespace of the peer that their Secret names, because a signature speaks
 * for the whole cluster. Upstream: pkg/liqo-controller-manager/authentication/{noncecreator,noncesigner}-controller
 */
import { createPrivateKey, randomBytes, sign } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { notTenantNamespaceOf } from "#trust/tenant-namespaces.ts";

const NONCE_BYTES = 64;
/**
 * base64 of 32 to 128 bytes; providers make 64. What else is signed with the same key is not such text: TLS handshakes
 * (RFC 8446 §4.4.3: 64 spaces, then binary), certificates and requests (DER).
 */
const NONCE = /^[A-Za-z0-9+/]{42,171}={0,2}$/;

export interface NonceProblem {
  readonly reason: "MissingRemoteClusterID" | "WrongNamespace" | "InvalidNonce";
  readonly message: string;
}

/** `peer`: whose tenant namespace the Secret lies in. */
export function placeProblem({ metadata }: Secret, peer: string | undefined): NonceProblem | undefined {
  const named = metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  if (named === undefined)
    return { reason: "MissingRemoteClusterID", message: `label ${labels.REMOTE_CLUSTER_ID} is missing` };
  if (named === peer) return undefined;
  const message = notTenantNamespaceOf(named, metadata?.namespace);
  return { reason: "WrongNamespace", message };
}

/** As it stands in the Secret: text, base64 of the random bytes, encoded once more. */
export function newNonce(): string {
  return Buffer.from(randomBytes(NONCE_BYTES).toString("base64")).toString("base64");
}

/** `nonce` as it stands in the Secret. */
export function nonceProblem(nonce: string): NonceProblem | undefined {
  // latin1 keeps each byte one character, whatever it is.
  if (NONCE.test(Buffer.from(nonce, "base64").toString("latin1"))) return undefined;
  return { reason: "InvalidNonce", message: "the nonce is not base64 of 32 to 128 bytes, as providers make them" };
}

/** base64 of the signature. Ed25519 signs the nonce itself, other keys its SHA-256. */
export function signNonce(nonce: Buffer, privateKey: string): string {
  const key = createPrivateKey(privateKey);
  return sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", nonce, key).toString("base64");
}
