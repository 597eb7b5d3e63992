/**
 * The connection to the provider, from a kubeconfig Secret that is renewed from time to time. A new kubeconfig ends what
 * runs on the old one and starts it anew; the process goes on. Upstream: pkg/identityManager (certificate rotation)
 */
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { KubeconfigError } from "#kube/client/config.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import { type Controller, DONE, runController, TerminalError, watchFor } from "#kube/controller/controller.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";

const NAME = "virtual-kubelet";

export interface ProviderOptions {
  readonly informers: Informers;
  readonly namespace: string;
  readonly secretName: string;
}

export class ProviderConnection {
  #client: KubeClient | undefined;

  /** undefined until there is a kubeconfig. */
  get client(): KubeClient | undefined {
    return this.#client;
  }

  /** Runs `session` on each kubeconfig in turn, until the context ends. */
  async run(
    ctx: Context,
    options: ProviderOptions,
    session: (ctx: Context, client: KubeClient) => Promise<void>,
  ): Promise<void> {
    const { informers, namespace, secretName } = options;
    const informer = informers.for(secrets, { namespace, fieldSelector: `metadata.name=${secretName}` });
    let running: { readonly kubeconfig: string; stop(): Promise<void> } | undefined;
    const controller: Controller = {
      name: "provider",
      watches: [watchFor(informer)],
      reconcile: async (_ctx, key) => {
        const encoded = informer.store.get(key)?.data?.["kubeconfig"];
        // A Secret that is gone is on its way to be written anew, or all of this is on its way out.
        if (encoded === undefined || encoded === running?.kubeconfig) return DONE;
        const client = connect(ctx, Buffer.from(encoded, "base64").toString("utf8"), secretName);
        await running?.stop();
        // The old client is not disposed of: somebody may be following a log through it.
        this.#client = client;
        ctx.log.info("connected to the provider", { server: client.transport.config.server });
        running = { kubeconfig: encoded, ...start(ctx, client, session) };
        return DONE;
      },
    };
    await runController(ctx, controller);
    await running?.stop();
  }
}

/** A kubeconfig that must not be used is told of once, and what runs on the last one goes on. */
function connect({ metrics }: Context, kubeconfig: string, secretName: string): KubeClient {
  try {
    return new KubeClient(inlineConfigFromText(kubeconfig, `Secret ${secretName}`), NAME, { metrics });
  } catch (cause) {
    if (!(cause instanceof KubeconfigError)) throw cause;
    throw new TerminalError(`connect to the provider: ${cause.message}`, { cause });
  }
}

function start(
  outer: Context,
  client: KubeClient,
  session: (ctx: Context, client: KubeClient) => Promise<void>,
): { stop(): Promise<void> } {
  const { ctx, cancel } = withCancel(outer);
  const ended = session(ctx, client).catch((error: unknown) => {
    if (!ctx.signal.aborted) ctx.log.error("session with the provider failed", { error: messageOf(error) });
  });
  return {
    stop: async () => {
      cancel();
      await ended;
    },
  };
}
