/**
 * Signs a consumer's request through the cluster's own CSR signer and keeps the answer in a Secret.
 * Upstream: pkg/identityManager/certificateIdentityProvider.go
 */
import { X509Certificate } from "node:crypto";
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { type Context, sleep } from "#base/context.ts";
import type { AuthParams } from "#forge/authentication.ts";
import { base64 } from "#forge/authentication.ts";
import { forgeCertificateSecret, forgeSigningRequest, type SigningRequest } from "#forge/certificate.ts";
import { certificateSigningRequests, nodes, secrets } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";

const WAIT_MS = 30_000;
const SOONEST_MS = 1_000;
// A timer longer than 24 days overflows; looking earlier is harmless.
const LATEST_MS = 20 * 24 * 3_600_000;

/** The certificate for the request (base64 of the PEM): the one kept, unless it is past two thirds of its life. */
export async function ensureCertificate(ctx: Context, deps: Deps, request: SigningRequest): Promise<string> {
  const key = { namespace: request.namespace, name: request.secretName };
  const kept = await deps.client.find(ctx, secrets, key);
  const certificate = kept?.data?.["certificate"];
  if (
    kept !== undefined &&
    kept.data?.["csr"] === request.csr &&
    certificate !== undefined &&
    deps.clock.epochMs() < agingMs(certificate)
  ) {
    return certificate;
  }
  const signed = await signThroughCluster(ctx, deps, request.csr);
  const secret = forgeCertificateSecret(request, signed);
  if (kept !== undefined) await deps.client.patch(ctx, secrets, key, "merge", { data: secret.data });
  else await deps.client.createIfAbsent(ctx, secrets, secret);
  return signed;
}

/** When the certificate should be looked at again, in ms from now: at two thirds of its life. */
export function renewalDelayMs(certificate: string, nowMs: number): number {
  return Math.max(SOONEST_MS, Math.min(agingMs(certificate) - nowMs, LATEST_MS));
}

/** When two thirds of its life are over. */
function agingMs(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(Buffer.from(certificate, "base64"));
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return from + ((to - from) * 2) / 3;
}

async function signThroughCluster(ctx: Context, deps: Deps, csr: string): Promise<string> {
  const created = await deps.client.create(ctx, certificateSigningRequests, forgeSigningRequest(csr));
  try {
    return await approveAndWait(ctx, deps, created);
  } finally {
    // The Secret holds the answer: nobody reads the request again.
    await deps.client.deleteObserved(ctx, certificateSigningRequests, created);
  }
}

async function approveAndWait(ctx: Context, deps: Deps, created: CertificateSigningRequest): Promise<string> {
  const key = keyOf(created);
  const now = timestamp(deps.clock.epochMs());
  const approval = {
    type: "Approved",
    status: "True",
    reason: "IdentityManagerApproval",
    message: "This CSR was approved by Liqo Identity Manager",
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const approved = { ...created, status: { ...created.status, conditions: [approval] } };
  await deps.client.update(ctx, certificateSigningRequests, approved, { subresource: "approval" });
  const deadline = deps.clock.nowMs() + WAIT_MS;
  while (deps.clock.nowMs() < deadline && !ctx.signal.aborted) {
    const { status } = await deps.client.get(ctx, certificateSigningRequests, key);
    if (status?.certificate !== undefined && status.certificate !== "") return status.certificate;
    const failed = status?.conditions?.find(({ type }) => type === "Failed" || type === "Denied");
    if (failed !== undefined)
      throw new Error(`sign CertificateSigningRequest ${key.name}: ${failed.message ?? failed.reason}`);
    await sleep(ctx, 100, deps.clock);
  }
  throw new Error(
    `sign CertificateSigningRequest ${key.name}: no certificate within ${WAIT_MS / 1000} s; is a signer running?`,
  );
}

/** What the consumer needs besides its certificate. Upstream: pkg/utils/apiserver */
export async function authParamsFor(
  ctx: Context,
  deps: Deps,
  certificate: string,
  proxyUrl?: string,
): Promise<AuthParams> {
  return {
    apiServer: deps.settings.apiServerAddressOverride ?? (await controlPlaneAddress(ctx, deps)),
    ca: base64(deps.settings.ca),
    signedCRT: certificate,
    ...(proxyUrl !== undefined && { proxyURL: proxyUrl }),
  };
}

async function controlPlaneAddress(ctx: Context, deps: Deps): Promise<string> {
  const { items } = await deps.client.list(ctx, nodes, { labelSelector: "node-role.kubernetes.io/control-plane" });
  const address = items[0]?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  if (address === undefined) {
    throw new Error(
      "find the API server's address: no node has the role control-plane; set apiServer.address in the chart's values",
    );
  }
  return `https://${address}:6443`;
}
