/** A certificate of this cluster's own signer: asked for, approved, waited for. Upstream: pkg/utils/csr */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";

const WAIT_MS = 30_000;

export interface Signer {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** base64 of the PEM. `approver` is told in the approval. */
export async function signThroughCluster(
  ctx: Context,
  signer: Signer,
  request: CertificateSigningRequest,
  approver: string,
): Promise<string> {
  const created = await signer.client.create(ctx, certificateSigningRequests, request);
  try {
    return await approveAndWait(ctx, signer, created, approver);
  } finally {
    // Whoever asked keeps the answer: nobody reads the request again.
    await signer.client.deleteObserved(ctx, certificateSigningRequests, created);
  }
}

async function approveAndWait(
  ctx: Context,
  { client, clock }: Signer,
  created: CertificateSigningRequest,
  approver: string,
): Promise<string> {
  const key = keyOf(created);
  const now = timestamp(clock.epochMs());
  const approval = {
    type: "Approved",
    status: "True",
    reason: "IdentityManagerApproval",
    message: `This CSR was approved by ${approver}`,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const approved = { ...created, status: { ...created.status, conditions: [approval] } };
  await client.update(ctx, certificateSigningRequests, approved, { subresource: "approval" });
  const deadline = clock.nowMs() + WAIT_MS;
  while (clock.nowMs() < deadline && !ctx.signal.aborted) {
    const { status } = await client.get(ctx, certificateSigningRequests, key);
    if (status?.certificate !== undefined && status.certificate !== "") return status.certificate;
    const failed = status?.conditions?.find(({ type }) => type === "Failed" || type === "Denied");
    if (failed !== undefined)
      throw new Error(`sign CertificateSigningRequest ${key.name}: ${failed.message ?? failed.reason}`);
    await sleep(ctx, 100, clock);
  }
  throw new Error(
    `sign CertificateSigningRequest ${key.name}: no certificate within ${WAIT_MS / 1000} s; is a signer running?`,
  );
}
