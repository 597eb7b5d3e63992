/**
 * The Secret with the webhook server's certificate: made when there is none, and made anew when two thirds of its life
 * are over. All replicas serve what it holds. Upstream: pkg/webhooks/certificates.go
 */
import { X509Certificate } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { secrets } from "#machinery/builtin.ts";
import { isAlreadyExists, isConflict } from "#machinery/status-error.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";

export interface WebhookCertificate {
  /** PEM: who signed it, then who signed the one before, which other replicas may still serve. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly service: string;
  readonly clock: Clock;
}

// A clock that lags must not find it not yet valid. client-go: certificate signing backdate
const BACKDATE_MS = 5 * 60_000;

/** `served` is what counts as the one before when the Secret was deleted: it is in use all the same. */
export async function ensureCertificate(
  ctx: Context,
  client: KubeClient,
  options: CertificateOptions,
  served?: WebhookCertificate,
): Promise<WebhookCertificate> {
  const found = await client.find(ctx, secrets, options.secret);
  const kept = readCertificate(found);
  if (kept !== undefined && options.clock.epochMs() < renewalMs(kept)) return kept;
  const made = await makeCertificate(options, kept ?? served);
  const data = { "ca.crt": encode(made.ca), "tls.crt": encode(made.cert), "tls.key": encode(made.key) };
  try {
    if (found === undefined)
      await client.create(ctx, secrets, { metadata: { ...options.secret }, type: "Opaque", data });
    else {
      const { uid, resourceVersion } = found.metadata ?? {};
      await client.patch(ctx, secrets, options.secret, "merge", { metadata: { uid, resourceVersion }, data });
    }
  } catch (error) {
    // Another replica was first: its certificate counts.
    if (isAlreadyExists(error) || isConflict(error)) return ensureCertificate(ctx, client, options, served);
    throw error;
  }
  return made;
}

/** When two thirds of its life are over. */
export function renewalMs({ cert }: WebhookCertificate): number {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return from + ((to - from) * 2) / 3;
}

export function isExpired({ cert }: WebhookCertificate, nowMs: number): boolean {
  return nowMs >= new X509Certificate(cert).validToDate.getTime();
}

/** Undefined when the Secret holds nothing that can be served: it is then made anew. */
function readCertificate(secret: Secret | undefined): WebhookCertificate | undefined {
  const { "ca.crt": ca, "tls.crt": cert, "tls.key": key } = secret?.data ?? {};
  if (ca === undefined || cert === undefined || key === undefined) return undefined;
  const decoded = { ca: decode(ca), cert: decode(cert), key: decode(key) };
  try {
    return Number.isNaN(renewalMs(decoded)) ? undefined : decoded;
  } catch {
    // No certificate: somebody else wrote it.
    return undefined;
  }
}

async function makeCertificate(
  { service, secret, clock }: CertificateOptions,
  previous: WebhookCertificate | undefined,
): Promise<WebhookCertificate> {
  const ca = await createCa("liqo-webhook-ca", { clock });
  const host = `${service}.${secret.namespace}.svc`;
  const leaf = await issueCertificate(ca, {
    subject: { commonName: host, organizations: [] },
    alternativeNames: [service, `${service}.${secret.namespace}`, host, `${host}.cluster.local`],
    usages: ["server"],
    notBefore: new Date(clock.epochMs() - BACKDATE_MS),
  });
  const old = previous === undefined ? [] : [firstOf(previous.ca)];
  return { ca: [ca.certificate, ...old].join(""), cert: leaf.certificate, key: leaf.privateKey };
}

function firstOf(bundle: string): string {
  const end = "-----END CERTIFICATE-----\n";
  return bundle.slice(0, bundle.indexOf(end) + end.length);
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

function decode(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
