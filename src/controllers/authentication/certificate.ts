/**
 * Signs a consumer's request through the cluster's own CSR signer and keeps the answer in a Secret.
 * Upstream: pkg/identityManager/certificateIdentityProvider.go
 */
import { X509Certificate } from "node:crypto";
import type { Context } from "#base/context.ts";
import type { AuthParams } from "#forge/authentication.ts";
import { base64 } from "#forge/authentication.ts";
import { forgeCertificateSecret, forgeSigningRequest, type SigningRequest } from "#forge/certificate.ts";
import { secrets } from "#machinery/builtin.ts";
import { controlPlaneAddress } from "#trust/api-server-address.ts";
import { signThroughCluster } from "#trust/signed-request.ts";
import type { Deps } from "../deps.ts";

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
  const signed = await signThroughCluster(ctx, deps, forgeSigningRequest(request.csr), "Liqo Identity Manager");
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

/** What the consumer needs besides its certificate. */
export async function authParamsFor(
  ctx: Context,
  deps: Deps,
  certificate: string,
  proxyUrl?: string,
): Promise<AuthParams> {
  return {
    apiServer: deps.settings.apiServerAddressOverride ?? (await controlPlaneAddress(ctx, deps.client)),
    // Where a public authority has certified the server there is none: an empty one would be refused.
    ...(deps.settings.ca !== "" && { ca: base64(deps.settings.ca) }),
    signedCRT: certificate,
    ...(proxyUrl !== undefined && { proxyURL: proxyUrl }),
  };
}
