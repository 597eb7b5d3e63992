/**
 * How a gateway that ends leaves to the next one: it has given its Lease up, and carries packets until nodes and peer have
 * turned to the other. Not in upstream, whose gateway just ends.
 */
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";

export interface Leaving {
  readonly clock: Clock;
  readonly identity: string;
  /** Who has the Lease now. */
  holder(): string | undefined;
  /** Where nodes look for the gateway in charge. */
  addressForNodes(): string | undefined;
  /** Tells the peer to look out for another one. */
  sayLeaving(): void;
}

/** Of the next one, whose pod may have to start. */
const HEIR_MS = 6_000;
/** Of controllers that tell nodes. */
const TOLD_MS = 3_000;
/** Of nodes that were told. */
const TURNED_MS = 700;
const LOOK_MS = 25;

/** Resolves when nothing comes any more, as far as one can tell. */
export async function handOver(ctx: Context, leaving: Leaving): Promise<void> {
  const before = leaving.addressForNodes();
  const hasHeir = (): boolean => ![undefined, leaving.identity].includes(leaving.holder());
  // With the peering its fabric goes: nobody will follow.
  const isAlone = (): boolean => leaving.addressForNodes() === undefined;
  await within(ctx, leaving.clock, HEIR_MS, () => isAlone() || hasHeir());
  if (!hasHeir()) return;
  leaving.sayLeaving();
  ctx.log.info("another gateway takes over", { holder: leaving.holder() });
  await within(ctx, leaving.clock, TOLD_MS, () => leaving.addressForNodes() !== before);
  await sleep(ctx, TURNED_MS, leaving.clock);
}

/** Whether `is` came to be so in that time. */
export async function within(ctx: Context, clock: Clock, ms: number, is: () => boolean): Promise<boolean> {
  const deadlineMs = clock.nowMs() + ms;
  while (!is()) {
    if (ctx.signal.aborted || clock.nowMs() >= deadlineMs) return false;
    await sleep(ctx, LOOK_MS, clock);
  }
  return true;
}
