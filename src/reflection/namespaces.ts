/**
 * Starts and stops the reflectors of each offloaded namespace, as the NamespaceMap says.
 * Upstream: pkg/virtualKubelet/namespacemap, pkg/virtualKubelet/reflection/manager
 */
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { type Context, withCancel } from "#base/context.ts";
import { type Controller, DONE, runController, watchFor } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { Informers } from "#kube/informer/informers.ts";
import type { ReflectionDeps, Reflector } from "./deps.ts";

/**
 * Local namespace → its twin, for those that exist at the provider. The map is named after the provider, which writes the
 * status: only what was asked for counts, or it could have any namespace sent to it, Secrets included.
 */
export function acceptedMappings(maps: Pick<Informer<NamespaceMap>, "store">, providerId: string): Map<string, string> {
  const map = maps.store.list().find(({ metadata }) => metadata?.name === providerId);
  const desired = map?.spec?.desiredMapping ?? {};
  const current = map?.metadata?.deletionTimestamp === undefined ? map?.status?.currentMapping : undefined;
  return new Map(
    Object.entries(current ?? {}).flatMap(([local, { phase, remoteNamespace }]) =>
      phase === "Accepted" && remoteNamespace !== undefined && desired[local] === remoteNamespace
        ? [[local, remoteNamespace] as const]
        : [],
    ),
  );
}

interface RunningPair {
  readonly remote: string;
  stop(): Promise<void>;
}

/** Runs until the context ends, then stops all pairs. */
export async function runNamespacePairs(
  ctx: Context,
  deps: ReflectionDeps,
  maps: Informer<NamespaceMap>,
  reflectors: readonly Reflector[],
): Promise<void> {
  const active = reflectors.filter(({ name }) => deps.settings.reflectors[name].workers > 0);
  const running = new Map<string, RunningPair>();
  const controller: Controller = {
    name: "namespace-pairs",
    watches: [watchFor(maps, ({ metadata }) => metadata?.name === deps.scope.destination)],
    reconcile: async () => {
      const wanted = acceptedMappings(maps, deps.scope.destination);
      for (const [local, pair] of running) {
        if (wanted.get(local) === pair.remote) continue;
        running.delete(local);
        await pair.stop();
        ctx.log.info("reflection stopped", { namespace: local, remote: pair.remote });
      }
      for (const [local, remote] of wanted) {
        if (running.has(local)) continue;
        running.set(local, startPair(ctx, deps, { local, remote }, active));
        ctx.log.info("reflection started", { namespace: local, remote });
      }
      return DONE;
    },
  };
  await runController(ctx, controller);
  await Promise.all([...running.values()].map((pair) => pair.stop()));
}

function startPair(
  outer: Context,
  deps: ReflectionDeps,
  names: { readonly local: string; readonly remote: string },
  reflectors: readonly Reflector[],
): RunningPair {
  const { ctx, cancel } = withCancel({ ...outer, log: outer.log.with({ namespace: names.local }) });
  const locals = new Informers(ctx, deps.local);
  const remotes = new Informers(ctx, deps.remote);
  const work = reflectors.map((reflector) => runController(ctx, reflector.start(deps, { ...names, locals, remotes })));
  return {
    remote: names.remote,
    stop: async () => {
      cancel();
      await Promise.all(work);
      await Promise.all([locals[Symbol.asyncDispose](), remotes[Symbol.asyncDispose]()]);
    },
  };
}
