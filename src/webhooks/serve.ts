/** Serves all admission webhooks of this process with a certificate that stays fresh. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { startWebhookServer } from "#kube/webhook-server/server.ts";
import { allWebhooks } from "./all.ts";
import { ensureCaBundles } from "./certificate/ca-bundles.ts";
import { webhookCertificateController } from "./certificate/controller.ts";
import { ensureCertificate } from "./certificate/secret.ts";
import type { Deps } from "./deps.ts";

export interface ServeOptions extends Deps {
  readonly client: KubeClient;
  readonly port: number;
  readonly secretName: string;
  readonly serviceName: string;
  /** Called once the API server can call. */
  readonly ready: () => void;
  /** Takes what has to be done while this process still works as ever, once it is to end. */
  readonly beforeEnd: (step: () => Promise<void>) => void;
}

/** Resolves when the context ends. */
export async function serveWebhooks(ctx: Context, options: ServeOptions): Promise<void> {
  const { client, informers, port, secretName, serviceName, clock, liqoNamespace } = options;
  const handlers = allWebhooks(options);
  const own = { secret: { namespace: liqoNamespace, name: secretName }, service: serviceName, clock };
  const first = await ensureCertificate(ctx, client, own);
  await informers.synced();
  const { cert, key } = first;
  await using serving = await startWebhookServer(ctx, { port, tls: { cert, key }, handlers, clock });
  options.beforeEnd(() => serving.drain());
  await ensureCaBundles(ctx, client, first.ca);
  options.ready();
  const serve = (fresh: typeof first): void => serving.server.setSecureContext({ cert: fresh.cert, key: fresh.key });
  await runController(ctx, webhookCertificateController({ ...own, client, informers, first, serve }));
}
