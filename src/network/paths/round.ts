/**
 * One measurement of the ways to all peers at the same time: a small and a full-sized packet to each gateway, again and again
 * until it is answered or enough are lost. Each answer is as long as what it answers, so that both directions are measured.
 */
import { createSocket, type Socket } from "node:dgram";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { decodeMessage, encodeMessage, HEADER_BYTES } from "../conncheck/message.ts";
import type { PathFound, PathState, PathTarget } from "./plan.ts";

/** As small as it may be with all that is said in it. */
const SMALL_BYTES = 256;
/** One that is lost is no fault of the path: so many are, and for so long. */
const TRIES = 6;
const APART_MS = 500;

export interface RoundOptions {
  readonly clock: Clock;
  readonly local: string;
  readonly localPort: number;
  /** In whose name. */
  readonly pod: string;
  /** Of this node. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly targets: readonly PathTarget[];
  /** How long, where that is less than what it takes. */
  readonly mostMs: number;
}

/** In the order of the targets. */
export async function measurePaths(ctx: Context, options: RoundOptions): Promise<PathFound[]> {
  const { clock, targets, mostMs } = options;
  const ways = targets.map((target) => new Way(target, options, new Date(clock.epochMs()).toISOString()));
  const socket = await openSocket(options);
  if (socket === undefined) return ways.map(({ found }) => found);
  try {
    const { ctx: answered, all } = untilAll(ctx, ways);
    socket.on("message", (datagram, { address }) => {
      for (const way of ways) way.receive(datagram, address);
      all();
    });
    for (let tries = 0; tries < TRIES && !answered.signal.aborted; tries++) {
      for (const way of ways) way.send(socket);
      await sleep(answered, Math.min(APART_MS, mostMs / TRIES), clock);
    }
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
  return ways.map(({ found }) => found);
}

/** Ends with the context, or once all is answered. */
function untilAll(ctx: Context, ways: readonly Way[]): { readonly ctx: Context; all(): void } {
  const done = new AbortController();
  return {
    ctx: { ...ctx, signal: AbortSignal.any([ctx.signal, done.signal]) },
    all: () => {
      if (ways.every(({ isAnswered }) => isAnswered)) done.abort();
    },
  };
}

class Way {
  readonly #target: PathTarget;
  readonly #options: RoundOptions;
  readonly #id: string;
  readonly #sizes: ReadonlyMap<keyof PathFound, number>;
  readonly #arrived = new Set<keyof PathFound>();

  constructor(target: PathTarget, options: RoundOptions, id: string) {
    this.#target = target;
    this.#options = options;
    this.#id = id;
    this.#sizes = new Map([
      ["small", Math.min(SMALL_BYTES, target.bytes - 1)],
      ["full", target.bytes],
    ]);
  }

  get isAnswered(): boolean {
    return this.#arrived.size === this.#sizes.size;
  }

  get found(): PathFound {
    const state = (size: keyof PathFound): PathState => (this.#arrived.has(size) ? "Passed" : "Lost");
    return { small: state("small"), full: state("full") };
  }

  send(socket: Socket): void {
    const { address, port, peer: clusterID } = this.#target;
    for (const [size, bytes] of this.#sizes) {
      if (this.#arrived.has(size)) continue;
      const echo = encodeMessage({ clusterID, msgType: "ECHO", timeStamp: this.#id }, bytes);
      // No route, no link: it is lost.
      socket.send(echo, port, address, () => undefined);
    }
  }

  receive(datagram: Buffer, address: string): void {
    const { msgType, timeStamp, from = "" } = decodeMessage(datagram) ?? {};
    if (address !== this.#target.address || msgType !== "ECHOED" || timeStamp !== this.#id) return;
    // The gateway answers whoever asks, the peer's pods could not: they know pods' addresses, and no node's.
    const { pod, ownAddresses } = this.#options;
    if (from !== pod && ownAddresses.has(from)) return;
    for (const [size, bytes] of this.#sizes) if (datagram.length === bytes - HEADER_BYTES) this.#arrived.add(size);
  }
}

/** Undefined: this node has no link of Liqo's, to any peer. */
async function openSocket({ local, localPort }: RoundOptions): Promise<Socket | undefined> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(localPort, local, () => resolve());
    });
  } catch (error) {
    socket.close();
    if ((error as NodeJS.ErrnoException).code !== "EADDRNOTAVAIL") throw error;
    return undefined;
  }
  socket.on("error", () => undefined);
  return socket;
}
