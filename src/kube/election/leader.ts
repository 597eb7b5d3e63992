/**
 * Leader election by a Lease: it is free when its holder has not renewed it for as long as it lasts, by the clock of
 * whoever watches, so that clocks may differ. It keeps replicas from working twice, it does not fence: destructive writes still carry
 * uid and resourceVersion preconditions. Kubernetes: client-go/tools/leaderelection
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep, withCancel, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { silentLogger } from "#base/log.ts";
import { leases } from "#machinery/builtin.ts";
import { microTimestamp } from "#machinery/conditions.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { isConflict } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";

export interface ElectionOptions {
  readonly lease: ObjectKey;
  readonly identity: string;
  /** On the Lease, for those that select it. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly leaseSeconds?: number;
  readonly renewMs?: number;
  /** After so long without success the leader gives up. Default: two thirds of the lease's duration. */
  readonly renewDeadlineMs?: number;
  readonly retryMs?: number;
  readonly clock?: Clock;
  /** On the Lease too: what candidates want to know of its holder. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Told of news, so that nobody waits for the next look. Default: none ever come. */
  readonly nudge?: Nudge;
  /** Whether the holder is known to be gone although its lease lasts. Default: never. */
  isGone?(lease: Lease): boolean;
  /**
   * For work that a silent API server must not stop: goes on until somebody else is seen to have the lease, and gives it up
   * before the work has ended, so that the next one can begin meanwhile. Default: ends at the deadline, and works alone.
   */
  readonly keepsUntilReplaced?: boolean;
  /** For the same: whether it is known by another way that somebody else works, asked when the lease may have ended. */
  isReplaced?(): boolean;
}

/** One that is not answered must not take the lease past its end. */
const REQUESTS_PER_DEADLINE = 3;

/** Somebody else has the lease, or nobody can be asked whether it is still one's own. */
export class LeaseLostError extends Error {
  constructor(lease: string) {
    super(`lost the lease ${lease}`);
    this.name = "LeaseLostError";
  }
}

/** Cuts a wait short. */
export class Nudge {
  #isPending = false;
  #wake: (() => void) | undefined;

  give(): void {
    this.#isPending = true;
    this.#wake?.();
  }

  /** Until then, or the next nudge; one that came since the last wait counts. */
  async sleep(ctx: Context, ms: number, clock: Clock | undefined): Promise<void> {
    if (!this.#isPending) {
      const { ctx: waiting, cancel } = withCancel(ctx);
      this.#wake = cancel;
      await sleep(waiting, ms, clock);
      this.#wake = undefined;
    }
    this.#isPending = false;
  }
}

/**
 * Waits until elected, runs `lead` with a context that ends when the lease is lost, and gives the lease up at the end.
 * Resolves when the outer context ends; rejects with a LeaseLostError when the lease was lost while leading.
 */
export async function runElected(
  ctx: Context,
  client: KubeClient,
  options: ElectionOptions,
  lead: (ctx: Context) => Promise<void>,
): Promise<void> {
  const { retryMs = 2_000, clock, nudge = new Nudge(), keepsUntilReplaced = false } = options;
  const candidate = new Candidate(client, options);
  while (!ctx.signal.aborted && (await candidate.tryAcquire(ctx)) !== "own") await nudge.sleep(ctx, retryMs, clock);
  if (ctx.signal.aborted) return;
  ctx.log.info("became leader", { lease: options.lease.name });
  const { ctx: leading, cancel } = withCancel(ctx);
  const work = lead(leading);
  const kept = keep(leading, candidate, { ...options, nudge }).finally(cancel);
  if (keepsUntilReplaced) {
    await kept;
    if (ctx.signal.aborted) await release(client, options);
  }
  await Promise.all([work, kept]);
  if (!ctx.signal.aborted) throw new LeaseLostError(options.lease.name);
  if (!keepsUntilReplaced) await release(client, options);
}

/** Renews until the context ends, or nothing succeeded for as long as the deadline says, or somebody else has the lease. */
async function keep(ctx: Context, candidate: Candidate, options: ElectionOptions & { nudge: Nudge }): Promise<void> {
  const { leaseSeconds = 15, renewMs = 2_000, clock = systemClock, keepsUntilReplaced = false } = options;
  const { renewDeadlineMs = (leaseSeconds * 1_000 * 2) / 3 } = options;
  let renewedAt = clock.nowMs();
  while (!ctx.signal.aborted && (keepsUntilReplaced || clock.nowMs() - renewedAt < renewDeadlineMs)) {
    await options.nudge.sleep(ctx, renewMs, clock);
    if (ctx.signal.aborted) return;
    const whose = await candidate.tryAcquire(withTimeout(ctx, Math.ceil(renewDeadlineMs / REQUESTS_PER_DEADLINE)));
    const nowMs = clock.nowMs();
    if (whose === "own") renewedAt = nowMs;
    else if (whose === "other") return;
    else if (nowMs - renewedAt > leaseSeconds * 1_000 && options.isReplaced?.() === true) return;
  }
}

/** One who wants the lease, or has it. */
class Candidate {
  readonly #client: KubeClient;
  readonly #options: ElectionOptions;
  readonly #clock: Clock;
  /** What was last seen of another's lease, and since when. */
  #seen = { resourceVersion: "", sinceMs: 0 };

  constructor(client: KubeClient, options: ElectionOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whose the lease is now: `own` when it was taken, or renewed. */
  async tryAcquire(ctx: Context): Promise<"own" | "other" | "unknown"> {
    const { lease: key, identity, labels, annotations } = this.#options;
    const leaseDurationSeconds = this.#options.leaseSeconds ?? 15;
    try {
      const lease = await this.#client.find(ctx, leases, key);
      // An answer may take long.
      const now = microTimestamp(this.#clock.epochMs());
      const fresh = { acquireTime: now, renewTime: now, holderIdentity: identity, leaseDurationSeconds };
      if (lease === undefined) {
        const metadata = { ...key, ...(labels && { labels }), ...(annotations && { annotations }) };
        await this.#client.create(ctx, leases, { metadata, spec: { ...fresh, leaseTransitions: 0 } });
        return "own";
      }
      const { acquireTime = now, leaseTransitions = 0, holderIdentity } = lease.spec ?? {};
      const mine = holderIdentity === identity;
      if (!mine && !this.#isFree(lease)) return "other";
      const term = mine ? { acquireTime, leaseTransitions } : { leaseTransitions: leaseTransitions + 1 };
      const metadata = {
        ...lease.metadata,
        labels: { ...lease.metadata?.labels, ...labels },
        ...(annotations && { annotations: { ...lease.metadata?.annotations, ...annotations } }),
      };
      await this.#client.update(ctx, leases, { ...lease, metadata, spec: { ...lease.spec, ...fresh, ...term } });
      return "own";
    } catch (error) {
      if (!isConflict(error)) ctx.log.debug("lease not renewed", { lease: key.name, error: messageOf(error) });
      return "unknown";
    }
  }

  #isFree(lease: Lease): boolean {
    const { metadata, spec } = lease;
    const { holderIdentity = "", leaseDurationSeconds = 15 } = spec ?? {};
    if (holderIdentity === "" || this.#options.isGone?.(lease) === true) return true;
    const nowMs = this.#clock.nowMs();
    const resourceVersion = metadata?.resourceVersion ?? "";
    if (this.#seen.resourceVersion !== resourceVersion) this.#seen = { resourceVersion, sinceMs: nowMs };
    return nowMs - this.#seen.sinceMs > leaseDurationSeconds * 1000;
  }
}

async function release(client: KubeClient, options: ElectionOptions): Promise<void> {
  const ctx: Context = { signal: AbortSignal.timeout(2_000), log: silentLogger };
  const lease = await client.find(ctx, leases, options.lease).catch(() => undefined);
  if (lease?.spec?.holderIdentity !== options.identity) return;
  await client.update(ctx, leases, { ...lease, spec: { ...lease.spec, holderIdentity: "" } }).catch(() => undefined);
}
