/**
 * The webhook server's certificate: kept in a Secret, written into every configuration labelled `liqo.io/webhook`, and
 * made anew when two thirds of its life are over. Needs no job and no restart. Upstream: pkg/webhooks/certificates.go
 */
import { X509Certificate } from "node:crypto";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { mutatingWebhookConfigurations, secrets, validatingWebhookConfigurations } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";

export interface WebhookCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly service: string;
  readonly nowMs: number;
}

/** What both kinds of configuration have in common. */
interface WebhookConfiguration extends KubeObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

const LABEL = "liqo.io/webhook";

export async function ensureWebhookCertificate(
  ctx: Context,
  client: KubeClient,
  options: CertificateOptions,
): Promise<WebhookCertificate> {
  const found = await client.find(ctx, secrets, options.secret);
  const kept = found?.data;
  if (kept?.["tls.crt"] !== undefined && kept["tls.key"] !== undefined && kept["ca.crt"] !== undefined) {
    const decoded = { ca: decode(kept["ca.crt"]), cert: decode(kept["tls.crt"]), key: decode(kept["tls.key"]) };
    if (!isAging(decoded.cert, options.nowMs)) return decoded;
  }
  const made = await makeCertificate(options);
  const data = { "ca.crt": encode(made.ca), "tls.crt": encode(made.cert), "tls.key": encode(made.key) };
  if (found !== undefined) await client.patch(ctx, secrets, options.secret, "merge", { data });
  else {
    try {
      await client.create(ctx, secrets, { metadata: { ...options.secret }, type: "Opaque", data });
    } catch (error) {
      // Another replica was first: its certificate counts.
      if (isAlreadyExists(error)) return ensureWebhookCertificate(ctx, client, options);
      throw error;
    }
  }
  return made;
}

/** Makes every configuration of ours trust the certificate. Repeatable. */
export async function ensureCaBundles(ctx: Context, client: KubeClient, ca: string): Promise<void> {
  const caBundle = encode(ca);
  const both: readonly Resource<WebhookConfiguration>[] = [
    mutatingWebhookConfigurations,
    validatingWebhookConfigurations,
  ];
  for (const resource of both) {
    const { items } = await client.list(ctx, resource, { labelSelector: LABEL });
    for (const configuration of items) {
      const stale = (configuration.webhooks ?? []).flatMap((webhook, i) =>
        webhook.clientConfig.caBundle === caBundle ? [] : [i],
      );
      if (stale.length === 0) continue;
      const patch = stale.map((i) => ({ op: "add", path: `/webhooks/${i}/clientConfig/caBundle`, value: caBundle }));
      await client.patch(ctx, resource, keyOf(configuration), "json", patch);
    }
  }
}

async function makeCertificate({ service, secret }: CertificateOptions): Promise<WebhookCertificate> {
  const ca = await createCa("liqo-webhook-ca");
  const host = `${service}.${secret.namespace}.svc`;
  const leaf = await issueCertificate(ca, {
    subject: { commonName: host, organizations: [] },
    alternativeNames: [service, `${service}.${secret.namespace}`, host, `${host}.cluster.local`],
    usages: ["server"],
  });
  return { ca: ca.certificate, cert: leaf.certificate, key: leaf.privateKey };
}

function isAging(certificate: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return nowMs >= from + ((to - from) * 2) / 3;
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

function decode(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
