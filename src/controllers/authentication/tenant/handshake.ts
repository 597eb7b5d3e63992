/**
 * Whether a consumer is who it says: it has signed the nonce with its key, and asks for its own name and no other.
 * Upstream: pkg/liqo-controller-manager/authentication/tenant-controller, csr.go
 */
import { createPublicKey, verify, X509Certificate } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import type { Tenant } from "#api/authentication/tenant.ts";
import { unbase64 } from "#forge/authentication.ts";
import { CONTROL_PLANE_GROUP, NONCE_SECRET } from "#forge/names.ts";
import { requestProblem } from "../request-problem.ts";

export interface HandshakeProblem {
  readonly reason: "NonceNotFound" | "SignatureVerificationFailed" | "InvalidCSR";
  readonly message: string;
}

/**
 * Undefined when signature and request prove that the consumer holds the key and asks for its own name. A key that was
 * proven once, for which the certificate in the status stands, needs no nonce any more: it may be gone.
 */
export async function handshakeProblem(
  tenant: Tenant,
  nonceSecret: Secret | undefined,
): Promise<HandshakeProblem | undefined> {
  const { clusterID = "", csr = "", publicKey = "", signature = "" } = tenant.spec ?? {};
  const key = unbase64(publicKey);
  if (!isCertified(tenant, key)) {
    const nonce = nonceSecret?.data?.["nonce"];
    if (nonce === undefined) return { reason: "NonceNotFound", message: `Secret ${NONCE_SECRET} holds no nonce yet` };
    if (!isSignedBy(Buffer.from(nonce, "base64"), Buffer.from(signature, "base64"), key)) {
      return {
        reason: "SignatureVerificationFailed",
        message: "spec.signature is not the nonce signed with spec.publicKey",
      };
    }
  }
  const subject = { commonName: clusterID, organizations: [CONTROL_PLANE_GROUP] };
  const problem = await requestProblem(unbase64(csr), subject, key);
  return problem === undefined ? undefined : { reason: "InvalidCSR", message: problem };
}

/** Only this controller writes the status, after a handshake. */
function isCertified({ status }: Tenant, publicKey: string): boolean {
  const certificate = status?.authParams?.signedCRT ?? "";
  if (certificate === "") return false;
  try {
    return new X509Certificate(unbase64(certificate)).publicKey.equals(createPublicKey(publicKey));
  } catch {
    // One of the two is nothing of the kind.
    return false;
  }
}

function isSignedBy(nonce: Buffer, signature: Buffer, publicKey: string): boolean {
  try {
    const key = createPublicKey(publicKey);
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", nonce, key, signature);
  } catch {
    // Not a key, or not a signature of its kind: both mean no.
    return false;
  }
}
