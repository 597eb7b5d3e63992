/**
 * Signs approved certificate requests of the built-in signers.
 * Kubernetes: pkg/controller/certificates/signer (signer names, usages and durations)
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { messageOf } from "#base/errors.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { isConditionTrue, timestamp } from "#machinery/conditions.ts";
import type { Identity } from "#pki/certificate.ts";
import { signCsr } from "#pki/csr.ts";
import type { Deps } from "../deps.ts";

const SIGNERS: Readonly<Record<string, "client" | "server">> = {
  "kubernetes.io/kube-apiserver-client": "client",
  "kubernetes.io/kube-apiserver-client-kubelet": "client",
  "kubernetes.io/kubelet-serving": "server",
};
// Kubernetes: --cluster-signing-duration
const DEFAULT_SECONDS = 365 * 24 * 3600;
const MIN_SECONDS = 600;

export function csrSigningController(deps: Deps): Controller {
  const informer = deps.informers.for(certificateSigningRequests);
  return {
    name: "csr-signing",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key): Promise<Result> => {
      const csr = informer.store.get(key);
      const usage = csr === undefined ? undefined : SIGNERS[csr.spec.signerName];
      if (csr === undefined || usage === undefined || !isApproved(csr) || (csr.status?.certificate ?? "") !== "")
        return DONE;
      const ca = { certificate: deps.settings.caCert, privateKey: deps.settings.caKey };
      const seconds = Math.max(MIN_SECONDS, Math.min(csr.spec.expirationSeconds ?? DEFAULT_SECONDS, DEFAULT_SECONDS));
      const status = await sign(ca, csr, usage, seconds, deps.nowMs());
      await deps.client.updateStatus(ctx, certificateSigningRequests, { ...csr, status: { ...csr.status, ...status } });
      return DONE;
    },
  };
}

function isApproved({ status }: CertificateSigningRequest): boolean {
  const { conditions } = status ?? {};
  return (
    isConditionTrue(conditions, "Approved") &&
    !isConditionTrue(conditions, "Denied") &&
    !isConditionTrue(conditions, "Failed")
  );
}

async function sign(
  ca: Identity,
  csr: CertificateSigningRequest,
  usage: "client" | "server",
  seconds: number,
  nowMs: number,
): Promise<NonNullable<CertificateSigningRequest["status"]>> {
  try {
    const text = Buffer.from(csr.spec.request, "base64").toString("utf8");
    const certificate = await signCsr(ca, text, { usages: [usage], notAfter: new Date(nowMs + seconds * 1000) });
    return { certificate: Buffer.from(certificate).toString("base64") };
  } catch (error) {
    const now = timestamp(nowMs);
    const failed = {
      type: "Failed",
      status: "True",
      reason: "SignerValidationFailure",
      message: messageOf(error),
      lastUpdateTime: now,
      lastTransitionTime: now,
    };
    return { conditions: [...(csr.status?.conditions ?? []), failed] };
  }
}
