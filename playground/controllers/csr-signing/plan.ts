/** Whether a certificate request is to be signed, for what and for how long. Kubernetes: pkg/controller/certificates/signer/signer.go */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { isConditionTrue } from "#machinery/conditions.ts";

const SIGNERS: Readonly<Record<string, "client" | "server">> = {
  "kubernetes.io/kube-apiserver-client": "client",
  "kubernetes.io/kube-apiserver-client-kubelet": "client",
  "kubernetes.io/kubelet-serving": "server",
};
// Kubernetes: --cluster-signing-duration
const DEFAULT_SECONDS = 365 * 24 * 3600;
const MIN_SECONDS = 600;

export interface Signing {
  readonly usage: "client" | "server";
  readonly seconds: number;
}

/** Undefined: it is not ours, not approved, or done with. */
export function planSigning(csr: CertificateSigningRequest): Signing | undefined {
  const usage = SIGNERS[csr.spec.signerName];
  if (usage === undefined || !isApproved(csr) || (csr.status?.certificate ?? "") !== "") return undefined;
  const asked = csr.spec.expirationSeconds ?? DEFAULT_SECONDS;
  return { usage, seconds: Math.max(MIN_SECONDS, Math.min(asked, DEFAULT_SECONDS)) };
}

function isApproved({ status }: CertificateSigningRequest): boolean {
  const { conditions } = status ?? {};
  return (
    isConditionTrue(conditions, "Approved") &&
    !isConditionTrue(conditions, "Denied") &&
    !isConditionTrue(conditions, "Failed")
  );
}
