/**
 * The algorithm of reflection, once: a local object has a copy in the twin namespace, written by server-side apply and
 * marked as ours. What is not marked is never touched. Upstream: pkg/virtualKubelet/reflection/generic
 */
import type { ReflectorName } from "#api/offloading/reflectors.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { isReflected, REFLECTION_FIELD_MANAGER, type ReflectionScope } from "#forge/reflected-metadata.ts";
import { defaultOf, type ReflectionType, wishOf } from "#forge/reflection-policy.ts";
import { nameTaken } from "#forge/sentences.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, type Watch, watchUnsynced } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "./deps.ts";
import * as messages from "./messages.ts";
import { watchNamed } from "./watch.ts";

const LOOK_AGAIN_MS = 5_000;
const LOOKS_UNTIL_TOLD = 3;

/** What differs between kinds. L is read here, R is written there. */
export interface ReflectorSpec<L extends KubeObject, R extends KubeObject = L> {
  readonly name: ReflectorName;
  readonly local: Resource<L>;
  readonly remote: Resource<R>;
  /** Throwing means: cannot be forged yet, or never; told as an event and tried again. */
  readonly forge: (local: L, deps: ReflectionDeps, pair: NamespacePair) => R;
  /** What of the object does not reach the provider, told as an event whenever it is written. */
  readonly omitted?: (local: L, deps: ReflectionDeps, pair: NamespacePair) => string | undefined;
  /** Inverse of each other. Default: the same name. */
  readonly remoteName?: (name: string, scope: ReflectionScope) => string;
  readonly localName?: (name: string, scope: ReflectionScope) => string;
  /** What it means that the provider does not let R be listed, which not every provider does; told once, as an event. */
  readonly whereUnknown?: string;
  /** Until then nothing is done; `watches` tell when it is. */
  readonly isReady?: (deps: ReflectionDeps) => boolean;
  /** Never reflected, whatever the policy; a message becomes an event. */
  readonly exclude?: (local: L, deps: ReflectionDeps) => { readonly message?: string } | undefined;
  /** Objects in the twin namespace that another reflector looks after. */
  readonly isOthers?: (remote: R) => boolean;
  /** Overrides what annotations and policy say; undefined: they decide. */
  readonly policy?: (local: L, type: ReflectionType, pair: NamespacePair) => boolean | undefined;
  /** Further changes that concern local objects of this kind. */
  readonly watches?: (deps: ReflectionDeps, pair: NamespacePair, locals: Informer<L>) => readonly Watch[];
}

export interface Seen<L, R> {
  readonly local: L | undefined;
  readonly remote: R | undefined;
  /** Whether the local object is to be reflected. */
  readonly isWanted: boolean;
  /** Whether the remote object was made by reflection. */
  readonly isOurs: boolean;
}

export type ReflectionPlan =
  | { readonly do: "nothing" }
  | { readonly do: "foreign" }
  | { readonly do: "apply" }
  | { readonly do: "delete" };

export function planReflection({ local, remote, isWanted, isOurs }: Seen<KubeObject, KubeObject>): ReflectionPlan {
  const isPresent = local !== undefined && local.metadata?.deletionTimestamp === undefined;
  if (remote === undefined) return isPresent && isWanted ? { do: "apply" } : { do: "nothing" };
  if (!isOurs) return isPresent && isWanted ? { do: "foreign" } : { do: "nothing" };
  // Its end is an event of its own, after which a wanted object is made anew.
  if (remote.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  return isPresent && isWanted ? { do: "apply" } : { do: "delete" };
}

export function reflectorOf<L extends KubeObject, R extends KubeObject>(spec: ReflectorSpec<L, R>): Reflector {
  return { name: spec.name, start: (deps, pair) => startReflector(spec, deps, pair) };
}

function startReflector<L extends KubeObject, R extends KubeObject>(
  spec: ReflectorSpec<L, R>,
  deps: ReflectionDeps,
  pair: NamespacePair,
): Controller {
  const { scope } = deps;
  const locals = pair.locals.for(spec.local, { namespace: pair.local });
  const remotes = pair.remotes.for(spec.remote, { namespace: pair.remote });
  const { workers } = deps.settings.reflectors[spec.name];
  const localName = (name: string): string => spec.localName?.(name, scope) ?? name;
  const applier = new Applier(deps.remote, { fieldManager: REFLECTION_FIELD_MANAGER });
  const work: Work<L, R> = { spec, deps, pair, locals, remotes, applier, waiting: new Map() };
  const remoteNames = watchNamed(remotes, ({ metadata }) => ({
    namespace: pair.local,
    name: localName(metadata?.name ?? ""),
  }));
  return {
    name: `${spec.name}-reflection`,
    workers,
    watches: [
      watchNamed(locals, keyOf),
      spec.whereUnknown === undefined ? remoteNames : watchUnsynced(remoteNames),
      ...(spec.watches?.(deps, pair, locals) ?? []),
    ],
    settled: (tookMs) => deps.metrics.settled(spec.name, tookMs),
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

interface Work<L extends KubeObject, R extends KubeObject> {
  readonly spec: ReflectorSpec<L, R>;
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly locals: Informer<L>;
  readonly remotes: Informer<R>;
  readonly applier: Applier;
  /** How often each local object was looked at while the provider's were not known. */
  readonly waiting: Map<string, number>;
}

async function reconcile<L extends KubeObject, R extends KubeObject>(
  ctx: Context,
  work: Work<L, R>,
  key: ObjectKey,
): Promise<Result> {
  const { spec, deps, pair } = work;
  if (spec.whereUnknown !== undefined && !work.remotes.isSynced) return awaitKind(ctx, work, key, spec.whereUnknown);
  const recorder = deps.events(`liqo-${spec.name}-reflection`);
  const local = work.locals.store.get(key);
  deps.metrics.item(spec.name, pair.local);
  try {
    const remoteKey = { namespace: pair.remote, name: spec.remoteName?.(key.name, deps.scope) ?? key.name };
    const remote = work.remotes.store.get(remoteKey);
    if (remote !== undefined && spec.isOthers?.(remote) === true) return DONE;
    if (local !== undefined && spec.isReady?.(deps) === false) return DONE;
    const verdict = local === undefined ? { isWanted: false } : judge(work, local);
    const isOurs = remote !== undefined && isReflected(remote, deps.scope);
    const plan = planReflection({ local, remote, isWanted: verdict.isWanted, isOurs });
    if (local !== undefined && verdict.message !== undefined)
      recorder.normal(ctx, local, messages.REFLECTION_DISABLED, verdict.message);
    if (plan.do === "foreign" && local !== undefined)
      recorder.warning(ctx, local, messages.FAILED_REFLECTION, nameTaken(deps.scope.destination, pair.remote));
    if (plan.do === "delete" && remote !== undefined) await remove(ctx, work, key, remote);
    if (plan.do !== "apply" || local === undefined) {
      work.applier.forget(spec.remote, remoteKey);
      return DONE;
    }
    const isWritten = await apply(ctx, work, key, { wanted: spec.forge(local, deps, pair), remote });
    if (isWritten) tellWritten(ctx, work, local, recorder);
    return DONE;
  } catch (error) {
    if (ctx.signal.aborted) return DONE;
    deps.metrics.error(spec.name, pair.local);
    if (local !== undefined)
      recorder.warning(
        ctx,
        local,
        messages.FAILED_REFLECTION,
        messages.failed(deps.scope.destination, messageOf(error)),
      );
    throw error;
  }
}

/** The provider may only be slow to answer. */
function awaitKind<L extends KubeObject, R extends KubeObject>(
  ctx: Context,
  { spec, deps, locals, waiting }: Work<L, R>,
  key: ObjectKey,
  meaning: string,
): Result {
  const local = locals.store.get(key);
  const name = formatKey(key);
  if (local === undefined) {
    waiting.delete(name);
    return DONE;
  }
  const looks = (waiting.get(name) ?? 0) + 1;
  waiting.set(name, looks);
  if (looks === LOOKS_UNTIL_TOLD) {
    const recorder = deps.events(`liqo-${spec.name}-reflection`);
    recorder.warning(ctx, local, messages.FAILED_REFLECTION, messages.failed(deps.scope.destination, meaning));
  }
  return { requeueAfterMs: LOOK_AGAIN_MS };
}

function tellWritten<L extends KubeObject, R extends KubeObject>(
  ctx: Context,
  { spec, deps, pair }: Work<L, R>,
  local: L,
  recorder: EventRecorder,
): void {
  const { destination } = deps.scope;
  const omitted = spec.omitted?.(local, deps, pair);
  if (omitted === undefined)
    recorder.normal(ctx, local, messages.SUCCESSFUL_REFLECTION, messages.reflected(destination));
  else recorder.warning(ctx, local, messages.PARTIAL_REFLECTION, messages.partlyReflected(destination, omitted));
}

function judge<L extends KubeObject, R extends KubeObject>(
  { spec, deps, pair }: Work<L, R>,
  local: L,
): { isWanted: boolean; message?: string } {
  const excluded = spec.exclude?.(local, deps);
  if (excluded !== undefined) return { isWanted: false, ...excluded };
  const { type } = deps.settings.reflectors[spec.name];
  const isWanted = spec.policy?.(local, type, pair) ?? wishOf(local.metadata?.annotations, type) ?? defaultOf(type);
  if (isWanted) return { isWanted };
  return { isWanted, message: messages.objectDisabled(deps.scope.destination, type) };
}

/** Whether a request was needed. */
async function apply<L extends KubeObject, R extends KubeObject>(
  ctx: Context,
  { spec, applier, remotes }: Work<L, R>,
  key: ObjectKey,
  { wanted, remote }: { readonly wanted: R; readonly remote: R | undefined },
): Promise<boolean> {
  const answer = await applier.applyIfChanged(ctx, spec.remote, { cached: remote, wanted });
  if (answer === undefined) return false;
  remotes.observe(answer);
  ctx.log.debug("reflected", { kind: spec.local.kind, object: formatKey(key) });
  return true;
}

async function remove<L extends KubeObject, R extends KubeObject>(
  ctx: Context,
  { spec, deps }: Work<L, R>,
  key: ObjectKey,
  remote: R,
): Promise<void> {
  await deps.remote.deleteObserved(ctx, spec.remote, remote);
  ctx.log.debug("deleted the reflection", { kind: spec.local.kind, object: formatKey(key) });
}
