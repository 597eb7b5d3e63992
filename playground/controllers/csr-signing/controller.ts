/**
 * Signs approved certificate requests of the built-in signers.
 * Kubernetes: pkg/controller/certificates/signer (signer names, usages and durations)
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Identity } from "#pki/certificate.ts";
import { signCsr } from "#pki/csr.ts";
import type { Deps } from "../deps.ts";
import { planSigning, type Signing } from "./plan.ts";

export function csrSigningController(deps: Deps): Controller {
  const informer = deps.informers.for(certificateSigningRequests);
  return {
    name: "csr-signing",
    watches: [watchFor(informer)],
    reconcile: (ctx, key) => reconcile(ctx, deps, informer.store, key),
  };
}

async function reconcile(
  ctx: Context,
  deps: Deps,
  requests: Store<CertificateSigningRequest>,
  key: ObjectKey,
): Promise<Result> {
  const csr = requests.get(key);
  const signing = csr === undefined ? undefined : planSigning(csr);
  if (csr === undefined || signing === undefined) return DONE;
  const ca = { certificate: deps.settings.caCert, privateKey: deps.settings.caKey };
  const status = await sign(ca, csr, signing, deps.nowMs());
  await deps.client.updateStatus(ctx, certificateSigningRequests, { ...csr, status: { ...csr.status, ...status } });
  return DONE;
}

async function sign(
  ca: Identity,
  csr: CertificateSigningRequest,
  { usage, seconds }: Signing,
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
