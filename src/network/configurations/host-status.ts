/**
 * The condition Applied of one host, and the finalizer that several hosts share.
 * Upstream: pkg/{firewall,route}/status.go, finalizer.go. There the first node that has cleaned up removes the finalizer;
 * here the last one does: each host withdraws its condition, and the finalizer goes when no live host is left in the list.
 */
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { removeFinalizer } from "#kube/controller/finalizer.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";

export interface HostCondition {
  host: string;
  type: string;
  status: string;
  lastTransitionTime?: string;
}

export interface HostedObject extends KubeObject {
  status?: { conditions?: HostCondition[] };
}

const APPLIED = "Applied";
const ATTEMPTS = 8;

/** The conditions with this host's set; undefined when it says so already. */
export function withCondition(
  conditions: readonly HostCondition[],
  host: string,
  isApplied: boolean,
  now: string,
): HostCondition[] | undefined {
  const status = isApplied ? "True" : "False";
  const own = conditions.find((each) => each.host === host && each.type === APPLIED);
  if (own?.status === status) return undefined;
  return [...conditions.filter((each) => each !== own), { host, lastTransitionTime: now, status, type: APPLIED }];
}

/** Writes the condition of `host` if it differs; resolves to whether it was written. */
export async function reportApplied<T extends HostedObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  own: { readonly host: string; readonly isApplied: boolean; readonly clock: Clock },
): Promise<boolean> {
  const now = timestamp(own.clock.epochMs());
  return changeConditions(ctx, client, resource, object, (conditions) =>
    withCondition(conditions, own.host, own.isApplied, now),
  );
}

/**
 * Withdraws the conditions of `host` and of hosts that are no more, and removes the finalizer when none is left.
 * Resolves to false while other live hosts still hold state.
 */
export async function releaseHost<T extends HostedObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  own: { readonly host: string; readonly finalizer: string; isLive(host: string): Promise<boolean> },
): Promise<boolean> {
  const live = new Set<string>();
  for (const { host } of object.status?.conditions ?? []) {
    if (host !== own.host && !live.has(host) && (await own.isLive(host))) live.add(host);
  }
  const known = new Set((object.status?.conditions ?? []).map(({ host }) => host));
  await changeConditions(ctx, client, resource, object, (conditions) => {
    // A host that joined since then is kept: it was not asked for.
    const kept = conditions.filter(({ host }) => live.has(host) || (host !== own.host && !known.has(host)));
    return kept.length === conditions.length ? undefined : kept;
  });
  const fresh = await client.find(ctx, resource, keyOf(object));
  if (fresh === undefined || fresh.metadata?.uid !== object.metadata?.uid) return true;
  if ((fresh.status?.conditions ?? []).length > 0) return false;
  await removeFinalizer(ctx, client, resource, fresh, own.finalizer);
  return true;
}

async function changeConditions<T extends HostedObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  change: (conditions: readonly HostCondition[]) => HostCondition[] | undefined,
): Promise<boolean> {
  if (change(object.status?.conditions ?? []) === undefined) return false;
  for (let attempt = 1; ; attempt++) {
    // All hosts write one list: the object is read again so that none overwrites another.
    const fresh = await client.find(ctx, resource, keyOf(object));
    if (fresh === undefined || fresh.metadata?.uid !== object.metadata?.uid) return false;
    const conditions = change(fresh.status?.conditions ?? []);
    if (conditions === undefined) return false;
    try {
      await client.updateStatus(ctx, resource, { ...fresh, status: { ...fresh.status, conditions } });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
  }
}
