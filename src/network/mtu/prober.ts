/**
 * Measures what the tunnel carries, by probes of several sizes through it, which the other gateway answers. Each end measures
 * its own direction and tells the other, and both use the smaller value. Nothing is believed of the path: that packets are
 * refused need not be told to anybody (RFC 4821, RFC 8899). A size counts as too long only when it is lost again and again
 * while a short probe sent after it arrives. Not in upstream.
 */
import { Backoff } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { decodeMessage, encodeMessage } from "../conncheck/message.ts";
import { candidateSizes, narrow, nextIndices, type Range } from "./search.ts";

export interface TunnelMtu {
  readonly value: number;
  /** Configured: the peer's gateway answers no probes, so it is as long as it may be. */
  readonly origin: "Measured" | "Configured";
}

export interface MtuProberOptions {
  readonly remoteClusterId: string;
  /** No value is larger. */
  readonly bound: number;
  /** The longest time until a larger value is tried. */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** To the other gateway, as one packet. */
  send(ctx: Context, probe: Buffer): void;
  /** Whether an answer may be expected. */
  isReady(): boolean;
  /** Called with the first value, and with every other one. */
  update(mtu: TunnelMtu): void;
}

/** Between two looks whether the value still holds. */
const CONFIRM_MS = 2_000;
const NOT_READY_MS = 250;
/** After a value was found to be too large the next larger one is tried, then later and later. */
const FIRST_RAISE_MS = 10_000;
/** Losses that count: of the value in use, of the sizes searched. */
const CONFIRM_TRIES = 5;
const SEARCH_TRIES = 3;
/** Of tries of which not even the shortest probe arrived. */
const MOST_UNHEARD = 4;
const ANSWER_MS = 1_000;
/** For answers that were overtaken by that of the shortest probe. */
const LATE_MS = 50;
/** Losses that come together should count once. */
const APART_MS = 60;
/** A peer whose gateway was replaced by one that answers no probes. */
const SILENT_ROUNDS = 3;

interface Try {
  readonly id: string;
  readonly sizes: ReadonlySet<number>;
  readonly arrived: Set<number>;
  heard(): void;
}

export class MtuProber {
  readonly #options: MtuProberOptions;
  readonly #sizes: readonly number[];
  readonly #raises: Backoff;
  #own: number | undefined;
  #peers: number | undefined;
  #told: TunnelMtu | undefined;
  #raiseAtMs = 0;
  #silentRounds = 0;
  #lastId = 0;
  #try: Try | undefined;

  constructor(options: MtuProberOptions) {
    const { bound, intervalMs } = options;
    this.#options = options;
    this.#sizes = candidateSizes(bound);
    this.#raises = new Backoff({ baseMs: Math.min(FIRST_RAISE_MS, intervalMs), maxMs: intervalMs });
  }

  /** The largest packet that arrives at the peer; undefined: not known yet. */
  get own(): number | undefined {
    return this.#own;
  }

  /** What the peer has measured of its direction. */
  peerMeasured(mtu: number | undefined): void {
    this.#peers = mtu;
    if (this.#told !== undefined) this.#tell();
  }

  /** Whatever came from the other gateway to where probes are sent from. */
  receive(datagram: Uint8Array): void {
    const { msgType, timeStamp, size = 0, mtu } = decodeMessage(datagram) ?? {};
    const current = this.#try;
    if (msgType !== "PROBED" || current === undefined || timeStamp !== current.id || !current.sizes.has(size)) return;
    current.arrived.add(size);
    this.peerMeasured(mtu);
    current.heard();
  }

  /** Measures until the context ends; may be run again. */
  async run(ctx: Context): Promise<void> {
    [this.#own, this.#peers, this.#told, this.#silentRounds] = [undefined, undefined, undefined, 0];
    this.#raises.reset();
    while (!ctx.signal.aborted) {
      const pauseMs = this.#options.isReady() ? await this.#round(ctx) : NOT_READY_MS;
      await sleep(ctx, pauseMs, this.#options.clock);
    }
  }

  /** Resolves to how long the next one has time. */
  async #round(ctx: Context): Promise<number> {
    const found = await this.#measure(ctx);
    if (ctx.signal.aborted) return 0;
    if (found !== undefined) {
      this.#silentRounds = 0;
      this.#found(ctx, found);
      return CONFIRM_MS;
    }
    if (!this.#options.isReady()) return NOT_READY_MS;
    if (this.#own !== undefined && ++this.#silentRounds < SILENT_ROUNDS) return CONFIRM_MS;
    if (this.#told?.origin !== "Configured")
      ctx.log.info("peer answers no probes, the MTU stays as configured", { mtu: this.#options.bound });
    this.#own = undefined;
    this.#tell();
    return this.#raises.nextMs();
  }

  /** The largest size that arrives; undefined: nobody knows. */
  async #measure(ctx: Context): Promise<number | undefined> {
    const { bound, clock } = this.#options;
    const all = this.#sizes.length;
    const at = this.#own === undefined ? 0 : this.#sizes.indexOf(this.#own);
    if (this.#own === undefined) return this.#search(ctx, { carried: 0, lost: all });
    if (this.#own < bound && clock.nowMs() >= this.#raiseAtMs) {
      this.#raiseAtMs = clock.nowMs() + this.#raises.nextMs();
      return this.#search(ctx, { carried: at, lost: all });
    }
    const arrived = await this.#ask(ctx, [this.#own], CONFIRM_TRIES);
    if (arrived === undefined) return undefined;
    return arrived.has(this.#own) ? this.#own : this.#search(ctx, { carried: 0, lost: at });
  }

  async #search(ctx: Context, range: Range): Promise<number | undefined> {
    const size = (index: number): number => this.#sizes[index] ?? 0;
    for (let left = range; ; ) {
      const tried = nextIndices(left);
      const arrived = await this.#ask(ctx, tried.map(size), SEARCH_TRIES);
      if (arrived === undefined) return undefined;
      if (tried.length === 0) return size(left.carried);
      left = narrow(left, tried, new Set(tried.filter((index) => arrived.has(size(index)))));
      if (nextIndices(left).length === 0) return size(left.carried);
    }
  }

  /** Those of `sizes` that arrive; undefined: not even the shortest probe does. */
  async #ask(ctx: Context, sizes: readonly number[], tries: number): Promise<ReadonlySet<number> | undefined> {
    const [least = 0] = this.#sizes;
    const arrived = new Set<number>();
    let counted = 0;
    for (let unheard = 0; unheard < MOST_UNHEARD && counted < tries; ) {
      const missing = sizes.filter((size) => !arrived.has(size) && size !== least);
      const heard = await this.#tryOnce(ctx, [...missing.toReversed(), least]);
      if (ctx.signal.aborted) return undefined;
      for (const size of heard) arrived.add(size);
      if (sizes.every((size) => arrived.has(size)) && arrived.size > 0) return arrived;
      if (heard.has(least)) counted++;
      else unheard++;
      if (!this.#options.isReady()) return undefined;
      await sleep(ctx, APART_MS, this.#options.clock);
    }
    return counted >= tries ? arrived : undefined;
  }

  /** The last of `sizes` is the one that arrives if any does: what comes much later than its answer is lost. */
  async #tryOnce(ctx: Context, sizes: readonly number[]): Promise<ReadonlySet<number>> {
    const { clock } = this.#options;
    this.#lastId = Math.max(clock.epochMs(), this.#lastId + 1);
    const id = new Date(this.#lastId).toISOString();
    const { promise, resolve } = Promise.withResolvers<void>();
    const arrived = new Set<number>();
    const last = sizes.at(-1) ?? 0;
    const sentMs = clock.nowMs();
    let forget = clock.after(ANSWER_MS, resolve);
    this.#try = {
      ...{ id, sizes: new Set(sizes), arrived },
      heard: () => {
        if (arrived.size === sizes.length) return resolve();
        if (!arrived.has(last)) return;
        forget();
        forget = clock.after(Math.max(LATE_MS, clock.nowMs() - sentMs), resolve);
      },
    };
    const end = (): void => resolve();
    ctx.signal.addEventListener("abort", end, { once: true });
    const { remoteClusterId: clusterID, send } = this.#options;
    for (const size of sizes)
      send(ctx, encodeMessage({ clusterID, msgType: "PROBE", timeStamp: id, mtu: this.#own }, size));
    await promise;
    ctx.signal.removeEventListener("abort", end);
    forget();
    this.#try = undefined;
    return arrived;
  }

  #found(ctx: Context, mtu: number): void {
    const before = this.#own;
    this.#own = mtu;
    if (before === undefined || mtu < before) {
      this.#raises.reset();
      this.#raiseAtMs = this.#options.clock.nowMs() + this.#raises.nextMs();
    }
    if (mtu !== before) ctx.log.info("MTU measured", { mtu, before, bound: this.#options.bound });
    this.#tell();
  }

  #tell(): void {
    const { bound, update } = this.#options;
    const [least = bound] = this.#sizes;
    const value = Math.max(least, Math.min(bound, this.#own ?? bound, this.#peers ?? bound));
    const origin = this.#own === undefined && this.#peers === undefined ? "Configured" : "Measured";
    if (this.#told?.value === value && this.#told.origin === origin) return;
    this.#told = { value, origin };
    update(this.#told);
  }
}
