/**
 * Fills nonces on the provider and signs them on the consumer: the proof that a consumer holds its key. Both only for
 * Secrets in the tenant namespace of the peer that they name, because a signature speaks for the whole cluster.
 * Upstream: pkg/liqo-controller-manager/authentication/{noncecreator,noncesigner}-controller
 */
import { randomBytes, sign } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Controller, DONE, watchFor } from "#kube/controller/controller.ts";
import { secrets } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { clusterKeys } from "../keys.ts";

const NONCE_BYTES = 64;
/**
 * base64 of 32 to 128 bytes; providers make 64. What else is signed with the same key is not such text: TLS handshakes
 * (RFC 8446 §4.4.3: 64 spaces, then binary), certificates and requests (DER).
 */
const NONCE = /^[A-Za-z0-9+/]{42,171}={0,2}$/;

export function nonceCreatorController(deps: Deps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: labels.NONCE });
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("nonce-creator-controller");
  return {
    name: "nonce-creator",
    watches: [watchFor(informer), tenants.watch((namespace) => informer.store.list(namespace).map(keyOf))],
    reconcile: async (ctx, key) => {
      const secret = informer.store.get(key);
      if (secret === undefined || secret.data?.["nonce"] !== undefined) return DONE;
      const problem = placeProblem(secret, tenants.peerOf(key.namespace));
      if (problem !== undefined) {
        events.warning(ctx, secret, problem.reason, problem.message);
        return DONE;
      }
      // The nonce itself is text: base64 of the random bytes, encoded once more by the Secret.
      const nonce = Buffer.from(randomBytes(NONCE_BYTES).toString("base64")).toString("base64");
      await deps.client.patch(ctx, secrets, key, "merge", { metadata: { uid: secret.metadata?.uid }, data: { nonce } });
      events.normal(ctx, secret, "NonceGenerated", "Nonce generated");
      return DONE;
    },
  };
}

export function nonceSignerController(deps: Deps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: labels.SIGNED_NONCE });
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("nonce-signer-controller");
  return {
    name: "nonce-signer",
    watches: [watchFor(informer), tenants.watch((namespace) => informer.store.list(namespace).map(keyOf))],
    reconcile: async (ctx, key) => {
      const secret = informer.store.get(key);
      const nonce = secret?.data?.["nonce"];
      if (secret === undefined || nonce === undefined || secret.data?.["signedNonce"] !== undefined) return DONE;
      const problem = placeProblem(secret, tenants.peerOf(key.namespace)) ?? nonceProblem(nonce);
      if (problem !== undefined) {
        events.warning(ctx, secret, problem.reason, problem.message);
        return DONE;
      }
      const { privateKey } = await clusterKeys(ctx, deps.client, deps.settings.liqoNamespace);
      const signedNonce = signNonce(Buffer.from(nonce, "base64"), privateKey);
      await deps.client.patch(ctx, secrets, key, "merge", {
        metadata: { uid: secret.metadata?.uid },
        data: { signedNonce },
      });
      events.normal(ctx, secret, "NonceSigned", "Nonce signed");
      return DONE;
    },
  };
}

interface Problem {
  readonly reason: "MissingRemoteClusterID" | "WrongNamespace" | "InvalidNonce";
  readonly message: string;
}

/** `peer`: whose tenant namespace the Secret lies in. */
export function placeProblem({ metadata }: Secret, peer: string | undefined): Problem | undefined {
  const named = metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  if (named === undefined)
    return { reason: "MissingRemoteClusterID", message: `label ${labels.REMOTE_CLUSTER_ID} is missing` };
  if (named === peer) return undefined;
  const message = notTenantNamespaceOf(named, metadata?.namespace);
  return { reason: "WrongNamespace", message };
}

/** `nonce` as it stands in the Secret. */
export function nonceProblem(nonce: string): Problem | undefined {
  // latin1 keeps each byte one character, whatever it is.
  if (NONCE.test(Buffer.from(nonce, "base64").toString("latin1"))) return undefined;
  return { reason: "InvalidNonce", message: "the nonce is not base64 of 32 to 128 bytes, as providers make them" };
}

/** base64 of the signature. Ed25519 signs the nonce itself, other keys its SHA-256. */
export function signNonce(nonce: Buffer, privateKey: string): string {
  return sign(privateKey.includes("RSA") ? "sha256" : null, nonce, privateKey).toString("base64");
}
