/**
 * Keeps the webhook server's certificate fresh, in every replica and without a restart. Trust comes first: API servers
 * are told of a new CA beside the old one, and only when they have had time to hear of it is the new certificate served,
 * so that no request meets a certificate that it does not trust, whichever replica answers.
 */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { type Controller, type Result, type Watch, watchMapped, watchStart } from "#kube/controller/controller.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { CONFIGURATIONS, ensureCaBundles, WEBHOOK_LABEL } from "./ca-bundles.ts";
import { type CertificateOptions, ensureCertificate, isExpired, renewalMs, type WebhookCertificate } from "./secret.ts";

export interface CertificateDeps extends CertificateOptions {
  readonly client: KubeClient;
  readonly informers: Informers;
  /** What is served at the start. */
  readonly first: WebhookCertificate;
  readonly serve: (certificate: WebhookCertificate) => void;
}

/** API servers follow webhook configurations by watching; several of them, on loaded machines. */
const TRUST_SPREADS_MS = 10_000;
/** Longer than timers can wait, and than anybody should trust a clock. */
const MAX_WAIT_MS = 24 * 3_600_000;

export function webhookCertificateController(deps: CertificateDeps): Controller {
  const key: ObjectKey = deps.secret;
  let served = deps.first;
  let trusted = { cert: deps.first.cert, sinceMs: 0 };
  return {
    name: "webhook-certificate",
    watches: [watchStart(key), ...watchesOf(deps, key)],
    reconcile: async (ctx: Context): Promise<Result> => {
      const certificate = await ensureCertificate(ctx, deps.client, deps, served);
      await ensureCaBundles(ctx, deps.client, certificate.ca);
      const nowMs = deps.clock.epochMs();
      if (trusted.cert !== certificate.cert) trusted = { cert: certificate.cert, sinceMs: nowMs };
      if (served.cert !== certificate.cert) {
        const leftMs = trusted.sinceMs + TRUST_SPREADS_MS - nowMs;
        if (leftMs > 0 && !isExpired(served, nowMs)) return { requeueAfterMs: leftMs };
        deps.serve(certificate);
        served = certificate;
        ctx.log.info("serves a new certificate", { secret: deps.secret.name });
      }
      return { requeueAfterMs: Math.min(renewalMs(certificate) - nowMs, MAX_WAIT_MS) };
    },
  };
}

/** The Secret, which another replica may write, and the configurations, which an upgrade may replace. */
function watchesOf({ informers, secret }: CertificateDeps, key: ObjectKey): Watch[] {
  const own = { namespace: secret.namespace, fieldSelector: `metadata.name=${secret.name}` };
  return [
    watchMapped(informers.for(secrets, own), () => [key]),
    ...CONFIGURATIONS.map((resource) =>
      watchMapped(informers.for(resource, { labelSelector: WEBHOOK_LABEL }), () => [key]),
    ),
  ];
}
