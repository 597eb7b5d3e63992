/**
 * Leader election by a Lease. It keeps replicas from working twice, it does not fence: destructive writes still carry
 * uid and resourceVersion preconditions. Kubernetes: client-go/tools/leaderelection
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { silentLogger } from "#base/log.ts";
import { leases } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { isConflict } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";

export interface ElectionOptions {
  readonly lease: ObjectKey;
  readonly identity: string;
  readonly leaseSeconds?: number;
  readonly renewMs?: number;
  readonly retryMs?: number;
}

/**
 * Waits until elected, runs `lead` with a context that ends when the lease is lost, and gives the lease up at the end.
 * Resolves when the outer context ends; rejects when the lease was lost while leading, so that the process restarts.
 */
export async function runElected(
  ctx: Context,
  client: KubeClient,
  options: ElectionOptions,
  lead: (ctx: Context) => Promise<void>,
): Promise<void> {
  const retryMs = options.retryMs ?? 2_000;
  while (!ctx.signal.aborted && !(await tryAcquire(ctx, client, options))) await sleep(ctx, retryMs);
  if (ctx.signal.aborted) return;
  ctx.log.info("became leader", { lease: options.lease.name });
  const { ctx: leading, cancel } = withCancel(ctx);
  const work = lead(leading);
  const kept = keep(leading, client, options).finally(cancel);
  await Promise.all([work, kept]);
  if (ctx.signal.aborted) await release(client, options);
  else throw new Error(`lost the lease ${options.lease.name}`);
}

/** Renews until the context ends or nothing succeeded for two thirds of the lease's duration. */
async function keep(ctx: Context, client: KubeClient, options: ElectionOptions): Promise<void> {
  const leaseMs = (options.leaseSeconds ?? 15) * 1000;
  let renewedAt = performance.now();
  while (!ctx.signal.aborted && performance.now() - renewedAt < (leaseMs * 2) / 3) {
    await sleep(ctx, options.renewMs ?? 2_000);
    if (ctx.signal.aborted) return;
    if (await tryAcquire(ctx, client, options)) renewedAt = performance.now();
  }
}

async function tryAcquire(ctx: Context, client: KubeClient, options: ElectionOptions): Promise<boolean> {
  const { lease: key, identity } = options;
  const leaseDurationSeconds = options.leaseSeconds ?? 15;
  try {
    const now = new Date();
    const lease = await client.find(ctx, leases, key);
    if (lease === undefined) {
      const spec = {
        holderIdentity: identity,
        leaseDurationSeconds,
        acquireTime: micro(now),
        renewTime: micro(now),
        leaseTransitions: 0,
      };
      await client.create(ctx, leases, { metadata: { ...key }, spec });
      return true;
    }
    const mine = lease.spec?.holderIdentity === identity;
    if (!mine && !isFree(lease, now)) return false;
    const takeover = mine ? {} : { acquireTime: micro(now), leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + 1 };
    const spec = { ...lease.spec, ...takeover, holderIdentity: identity, leaseDurationSeconds, renewTime: micro(now) };
    await client.update(ctx, leases, { ...lease, spec });
    return true;
  } catch (error) {
    if (!isConflict(error)) ctx.log.debug("lease not renewed", { lease: key.name, error: messageOf(error) });
    return false;
  }
}

function isFree(lease: Lease, now: Date): boolean {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease.spec ?? {};
  if (holderIdentity === undefined || holderIdentity === "" || renewTime === undefined) return true;
  return Date.parse(renewTime) + (leaseDurationSeconds ?? 15) * 1000 < now.getTime();
}

async function release(client: KubeClient, options: ElectionOptions): Promise<void> {
  const ctx: Context = { signal: AbortSignal.timeout(2_000), log: silentLogger };
  const lease = await client.find(ctx, leases, options.lease).catch(() => undefined);
  if (lease?.spec?.holderIdentity !== options.identity) return;
  await client.update(ctx, leases, { ...lease, spec: { ...lease.spec, holderIdentity: "" } }).catch(() => undefined);
}

/** MicroTime, which Leases use: six digits after the second. */
function micro(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
