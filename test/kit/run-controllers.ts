/** Controllers running on an API server of their own, for their unit tests. */

import { type Context, withCancel } from "#base/context.ts";
import type { Deps } from "#controllers/deps.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { type Controller, runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { controllerDeps } from "./controller-deps.ts";
import { startTwoClusters } from "./two-clusters.ts";

export interface RunningControllers extends AsyncDisposable {
  readonly ctx: Context;
  /** An administrator's. */
  readonly client: KubeClient;
}

/** `prepare` runs before the controllers start. The cluster is the consumer of `startTwoClusters`. */
export async function runControllers(
  factories: readonly ((deps: Deps) => Controller)[],
  prepare: (ctx: Context, client: KubeClient) => Promise<void> = async () => undefined,
): Promise<RunningControllers> {
  const clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await prepare(ctx, client);
  const informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  const running = factories.map((factory) => runController(ctx, factory(deps)));
  return {
    ctx,
    client,
    [Symbol.asyncDispose]: async () => {
      cancel();
      await Promise.all(running);
      await informers[Symbol.asyncDispose]();
      await clusters[Symbol.asyncDispose]();
    },
  };
}
