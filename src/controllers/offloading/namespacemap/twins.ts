/**
 * The twin namespaces of one NamespaceMap, each by itself: what the API server, a webhook or a policy refuses of one is told
 * of in an event on the map and asked for again later and later, and stands in the way of no other.
 * Upstream: namespacemap-controller/enforcement.go
 */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { forgeNamespaceBinding } from "#forge/bindings.ts";
import { forgeTwin, managedBy, type TwinParts } from "#forge/twin.ts";
import { Applier } from "#kube/client/applier.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { Refusals, refusalOf } from "../refusals.ts";
import { ensurePodSecurity } from "./pod-security.ts";
import { isReserved, reservedMessage } from "./reserved.ts";

/** A name that somebody else has may get free. */
const TAKEN_RETRY_MS = 5_000;

export type Mapping = NonNullable<NonNullable<NamespaceMap["status"]>["currentMapping"]>;
type Phase = NonNullable<Mapping[string]["phase"]>;

/** What became of one twin. */
export interface Outcome {
  /** Undefined: nothing is known of it yet. */
  readonly phase: Phase | undefined;
  readonly problem?: { readonly reason: string; readonly message: string };
  /** The problem is an answer to what was asked, so asking again at once is no use. */
  readonly isRefusal?: boolean;
  /** None of the twin's: to be tried again with the queue's back-off. */
  readonly failure?: unknown;
}

interface Writing {
  readonly deps: Deps;
  readonly namespaces: Informer<Namespace>;
  readonly applier: Applier;
}

export class Twins {
  readonly #writing: Writing;
  readonly #events: EventRecorder;
  readonly #refusals = new Refusals();

  constructor(deps: Deps, events: EventRecorder) {
    this.#writing = { deps, namespaces: deps.informers.for(namespaces), applier: new Applier(deps.client) };
    this.#events = events;
  }

  /** Creates what is missing; the status to report, when to look again, and the failures. */
  async ensure(
    ctx: Context,
    { map, consumerId, desired }: { map: NamespaceMap; consumerId: string; desired: Readonly<Record<string, string>> },
  ): Promise<{ mapping: Mapping; retryMs: number | undefined; failures: unknown[] }> {
    const mapping: Mapping = {};
    const waits: number[] = [];
    const failures: unknown[] = [];
    const before = map.status?.currentMapping ?? {};
    for (const origin of Object.keys(before))
      if (desired[origin] === undefined) this.#refusals.forget(refusalKey(map, origin));
    for (const [origin, remote] of Object.entries(desired)) {
      const last = before[origin]?.remoteNamespace === remote ? before[origin]?.phase : undefined;
      const { phase, waitMs, failure } = await this.#ensureOne(ctx, { map, consumerId, origin, remote }, last);
      if (phase !== undefined) mapping[origin] = { remoteNamespace: remote, phase };
      if (waitMs !== undefined) waits.push(waitMs);
      if (failure !== undefined) failures.push(failure);
    }
    return { mapping, retryMs: waits.length === 0 ? undefined : Math.min(...waits), failures };
  }

  async #ensureOne(
    ctx: Context,
    twin: TwinParts,
    last: Phase | undefined,
  ): Promise<{ phase: Phase | undefined; waitMs?: number; failure?: unknown }> {
    const { map, origin, remote } = twin;
    const [key, now] = [refusalKey(map, origin), this.#writing.deps.clock.nowMs()];
    // Another name is another question.
    const uid = `${map.metadata?.uid}/${remote}`;
    const waitMs = this.#refusals.waitMs(key, uid, now);
    if (waitMs > 0) return { phase: last ?? "CreationLoopBackOff", waitMs };
    const { phase, problem, isRefusal, failure } = await tryTwin(ctx, this.#writing, twin, last);
    if (isRefusal === true && problem !== undefined) {
      const { delayMs, isNews } = this.#refusals.add(key, { uid, message: problem.message }, now);
      if (isNews) this.#events.warning(ctx, map, problem.reason, problem.message);
      return { phase, waitMs: delayMs };
    }
    if (failure !== undefined) return { phase, failure };
    this.#refusals.forget(key);
    if (problem === undefined) return { phase };
    if (last !== phase) this.#events.warning(ctx, map, problem.reason, problem.message);
    return { phase, waitMs: TAKEN_RETRY_MS };
  }
}

export function isManagedBy(namespace: Namespace, map: NamespaceMap): boolean {
  return namespace.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] === formatKey(keyOf(map));
}

/** What an error makes of a twin: what was accepted once stays so, since the namespace is there. */
export function outcomeOfError(error: unknown, remote: string, last: Phase | undefined): Outcome {
  const refusal = refusalOf(error);
  if (refusal === undefined) return { phase: last, failure: error };
  const problem = { reason: "NamespaceRefused", message: `namespace ${remote} is refused: ${refusal}` };
  return { phase: last ?? "CreationLoopBackOff", problem, isRefusal: true };
}

async function tryTwin(ctx: Context, writing: Writing, twin: TwinParts, last: Phase | undefined): Promise<Outcome> {
  try {
    return await ensureTwin(ctx, writing, twin);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    return outcomeOfError(error, twin.remote, last);
  }
}

async function ensureTwin(ctx: Context, writing: Writing, parts: TwinParts): Promise<Outcome> {
  const { deps, applier } = writing;
  const { map, consumerId, remote } = parts;
  let twin = writing.namespaces.store.get({ name: remote });
  if (twin === undefined) {
    if (isReserved(remote, deps.settings)) return nameReserved(remote);
    try {
      twin = await createTwin(ctx, writing, parts);
    } catch (error) {
      // It was there once, perhaps, but is no more.
      return outcomeOfError(error, remote, undefined);
    }
    if (twin === undefined) return nameTaken(remote);
  }
  if (!isManagedBy(twin, map)) return isReserved(remote, deps.settings) ? nameReserved(remote) : nameTaken(remote);
  if (twin.metadata?.deletionTimestamp !== undefined) return { phase: "Terminating" };
  // Before the consumer has any right there.
  await ensurePodSecurity(ctx, deps, twin);
  const wanted = forgeNamespaceBinding(remote, map.metadata?.namespace ?? "", consumerId, managedBy(map));
  const cached = managedAccounts(deps).roleBindings.store.get(keyOf(wanted));
  await applier.applyIfChanged(ctx, roleBindings, { cached, wanted });
  return { phase: "Accepted" };
}

/** The namespace as it is now: made, or one of that name that the watch has not told of yet. */
async function createTwin(
  ctx: Context,
  { deps, namespaces: informer }: Writing,
  parts: TwinParts,
): Promise<Namespace | undefined> {
  const made = await deps.client.createIfAbsent(ctx, namespaces, forgeTwin(parts));
  if (made === undefined) return deps.client.find(ctx, namespaces, { name: parts.remote });
  informer.observe(made);
  return made;
}

function creationFailed(reason: string, message: string): Outcome {
  return { phase: "CreationLoopBackOff", problem: { reason, message } };
}

function nameReserved(remote: string): Outcome {
  return creationFailed("ReservedNamespace", reservedMessage(remote));
}

function nameTaken(remote: string): Outcome {
  return creationFailed(
    "NamespaceTaken",
    `namespace ${remote} exists already and is none of this map's; it is left alone`,
  );
}

function refusalKey(map: NamespaceMap, origin: string): string {
  return `${formatKey(keyOf(map))}/${origin}`;
}
