/**
 * Applies all configurations of one kind that concern this host, as one whole: after a restart, a lost watch or a
 * deletion that nobody saw, a pass makes the kernel equal to the objects again.
 * Upstream: pkg/{firewall,route}/*_controller.go
 */
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { ensureFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import { type HostedObject, releaseHost, reportApplied } from "./host-status.ts";

export interface Applied extends LoopResult {
  /** What could not be applied, by key of the object. */
  readonly errors: ReadonlyMap<string, string>;
}

export interface Applier<T> {
  readonly name: string;
  /** Makes the kernel equal to `objects`, all of them; throws when what is not wanted could not be removed. */
  apply(ctx: Context, objects: readonly T[]): Promise<Applied>;
}

export interface AgentOptions<T extends HostedObject> {
  readonly client: KubeClient;
  readonly informer: Informer<T>;
  readonly applier: Applier<T>;
  readonly events: EventRecorder;
  /** RouteConfigurationUpdate, FirewallConfigurationUpdate. */
  readonly eventReason: string;
  /** The name in the conditions: the fabric pod's, or the gateway's. */
  readonly host: string;
  readonly clock: Clock;
  /** Absent on gateways, whose state dies with their network namespace. */
  readonly finalizer?: { readonly name: string; isLive(host: string): Promise<boolean> };
  isSelected(object: T): boolean;
  /** Called whenever what is selected was applied, as far as it could be. */
  applied?(): void;
  /** Whether this host is the one that writes conditions: replicas have one name. Default: always. */
  reports?(): boolean;
}

// Finds tables that someone flushed, and hosts whose death frees a finalizer.
const RESYNC_MS = 5_000;

export function configurationAgent<T extends HostedObject>(options: AgentOptions<T>): Loop {
  const { applier, clock } = options;
  const loop = new Loop({ name: applier.name, resyncMs: RESYNC_MS, clock, pass: (ctx) => pass(ctx, options) });
  options.informer.addHandler({
    added: () => loop.trigger(),
    updated: (object, previous) => {
      // Conditions of other hosts are written often and change nothing here.
      const isSame = object.metadata?.generation === previous.metadata?.generation;
      if (!isSame || object.metadata?.deletionTimestamp !== undefined || !hasSameLabels(object, previous))
        loop.trigger();
    },
    deleted: () => loop.trigger(),
  });
  void options.informer.synced.then(() => loop.trigger());
  return loop;
}

async function pass<T extends HostedObject>(ctx: Context, options: AgentOptions<T>): Promise<LoopResult> {
  const { informer, applier } = options;
  // Before the first list nothing is known, and everything would look stale.
  if (!informer.isSynced) return {};
  const selected = informer.store.list().filter((object) => options.isSelected(object));
  const wanted = selected.filter((object) => object.metadata?.deletionTimestamp === undefined);
  const leaving = selected.filter((object) => object.metadata?.deletionTimestamp !== undefined);
  await guardAll(ctx, options, wanted);
  const { errors, retryAfterMs } = await applier.apply(ctx, wanted);
  options.applied?.();
  if (options.reports?.() === false) return { retryAfterMs };
  for (const object of wanted) await report(ctx, options, object, errors.get(formatKey(keyOf(object))));
  for (const object of leaving) await release(ctx, options, object);
  return { retryAfterMs };
}

/** Finalizers come before the kernel's state. A server that is away must not keep the state from being applied. */
async function guardAll<T extends HostedObject>(ctx: Context, options: AgentOptions<T>, objects: T[]): Promise<void> {
  const { client, informer, finalizer } = options;
  if (finalizer === undefined) return;
  for (const object of objects) {
    try {
      await ensureFinalizer(ctx, client, informer.resource, object, finalizer.name);
    } catch (error) {
      ctx.log.debug("finalizer not written yet", { object: formatKey(keyOf(object)), error: messageOf(error) });
    }
  }
}

async function report<T extends HostedObject>(
  ctx: Context,
  options: AgentOptions<T>,
  object: T,
  error: string | undefined,
): Promise<void> {
  const { client, informer, host, clock, events, eventReason } = options;
  const isApplied = error === undefined;
  if (!isApplied) ctx.log.info("not applied, will retry", { object: formatKey(keyOf(object)), error });
  const isWritten = await reportApplied(ctx, client, informer.resource, object, { host, isApplied, clock });
  if (!isWritten) return;
  if (isApplied) events.normal(ctx, object, eventReason, `applied on ${host}`);
  else events.warning(ctx, object, eventReason, `not applied on ${host}: ${error}`);
}

async function release<T extends HostedObject>(ctx: Context, options: AgentOptions<T>, object: T): Promise<void> {
  const { client, informer, host, finalizer } = options;
  if (finalizer === undefined || !object.metadata?.finalizers?.includes(finalizer.name)) return;
  const isDone = await releaseHost(ctx, client, informer.resource, object, {
    host,
    finalizer: finalizer.name,
    isLive: finalizer.isLive,
  });
  if (!isDone) ctx.log.debug("other hosts still hold state", { object: formatKey(keyOf(object)) });
}

function hasSameLabels(a: HostedObject, b: HostedObject): boolean {
  return jsonEquals(a.metadata?.labels, b.metadata?.labels);
}
