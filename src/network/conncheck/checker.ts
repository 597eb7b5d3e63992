/** Pings the other gateway through the tunnel, and answers its pings. Upstream: pkg/gateway/connection/conncheck */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { EchoAnswers } from "./echo-answers.ts";
import { decodeMessage, encodeMessage, HEADER_BYTES, type PingMessage } from "./message.ts";

export interface CheckerOptions {
  readonly remoteClusterId: string;
  /** The other end of the tunnel. */
  readonly address: string;
  readonly port: number;
  /** To send from. Default: the same, at which the peer's pings are answered. */
  readonly ownPort?: number;
  /** Own address to listen at. Default: all, for the tunnel may have none yet. */
  readonly listenAddress?: string;
  readonly intervalMs: number;
  readonly lossThreshold: number;
  /** How the silence of the peer is found. Default: by its answers at the interval. */
  readonly watch?: () => Watch;
  readonly clock: Clock;
  /** Called for every answer, and once when the peer is declared lost. */
  update(state: PeerState): void;
  /** Called again and again while answers stay away. */
  missing?(): void;
  /** Called for every probe of the peer with what it has measured; gives what this end has. */
  probed?(mtu: number | undefined): number | undefined;
  /** Whether pings that come from there are answered. Default: all. */
  answers?(address: string): boolean;
  /** The peer said that another one is about to answer in its place. */
  peerLeaves?(): void;
  /** Of the replicas of this end's gateway: how many turns there were with this one. Default: it says nothing of it. */
  turn?(): number | undefined;
  /** The peer has heard of so many. */
  laterTurn?(turn: number): void;
  /** Where echoes of the peer's nodes come to. Default: it says nothing of it. */
  readonly echoAddress?: string | undefined;
  /** Where the peer answers echoes, in its own words. */
  peerEchoes?(address: string | undefined): void;
}

export interface Watch {
  readonly intervalMs: number;
  /** Silence that is more than a lost packet. */
  readonly silenceMs: number;
}

export interface PingCounts {
  readonly answered: number;
  readonly lost: number;
}

export type PeerState =
  /** Until the first answer or the threshold. */
  | { readonly value: "Connecting" }
  | { readonly value: "Connected"; readonly latencyMs: number }
  /** Until the next answer. */
  | { readonly value: "Error" };

// Before the first answer and after a loss: the tunnel may come up at any moment.
const EAGER_INTERVAL_MS = 250;
export const MISSING_INTERVALS = 2;
// The peer said that another one is about to answer in its place.
const ATTENTIVE: Watch = { intervalMs: 100, silenceMs: 300 };
const ATTENTION_MS = 6_000;
const MOST_UNANSWERED = 50;
/** What was said of turns counts as long as it is said: a gateway that is made anew begins to count anew. */
const TURN_MS = 10_000;

export class ConnectionChecker implements AsyncDisposable {
  readonly #options: CheckerOptions;
  readonly #socket: Socket;
  readonly #sent = new Map<number, number>();
  #state: PeerState = { value: "Connecting" };
  #heardAt: number;
  #attentiveUntil = 0;
  #answered = 0;
  #lost = 0;
  #peerTurn = { turn: 0, heardAt: 0 };
  readonly #echoes: EchoAnswers;

  private constructor(options: CheckerOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.#heardAt = options.clock.nowMs();
    this.#echoes = new EchoAnswers(options.clock);
  }

  static async open(ctx: Context, options: CheckerOptions): Promise<ConnectionChecker> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(options.ownPort ?? options.port, options.listenAddress, () => resolve());
    });
    const checker = new ConnectionChecker(options, socket);
    socket.on("error", (error) => ctx.log.warn("ping socket", { error: messageOf(error) }));
    socket.on("message", (datagram, from) => checker.#receive(ctx, datagram, from));
    return checker;
  }

  get state(): PeerState {
    return this.#state;
  }

  /** What came of the pings so far. Those under way are neither. */
  get pings(): PingCounts {
    return { answered: this.#answered, lost: this.#lost };
  }

  /** Pings until the context ends; may be run again. Pings of the peer are answered all the time. */
  async run(ctx: Context): Promise<void> {
    const { intervalMs, lossThreshold, clock } = this.#options;
    this.#begin();
    while (!ctx.signal.aborted) {
      this.#send(ctx);
      await sleep(ctx, this.#pauseMs(), clock);
      if (ctx.signal.aborted) return;
      const silentMs = clock.nowMs() - this.#heardAt;
      if (silentMs > intervalMs * lossThreshold && this.#state.value !== "Error") this.#become({ value: "Error" });
      if (this.#state.value !== "Connected" || silentMs > this.#watch().silenceMs) this.#options.missing?.();
    }
  }

  /** Tells the peer that another one is about to answer in place of this one. */
  sayLeaving(ctx: Context): void {
    this.#sendMessage(ctx, "LEAVING", this.#options.clock.epochMs());
  }

  /** Another one is about to answer in place of the peer. */
  attend(): void {
    this.#attentiveUntil = this.#options.clock.nowMs() + ATTENTION_MS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  /** Whatever was found out before is of another time. */
  #begin(): void {
    this.#heardAt = this.#options.clock.nowMs();
    this.#state = { value: "Connecting" };
  }

  #watch(): Watch {
    const { intervalMs, clock, watch } = this.#options;
    if (clock.nowMs() < this.#attentiveUntil) return ATTENTIVE;
    return watch?.() ?? { intervalMs, silenceMs: intervalMs * MISSING_INTERVALS };
  }

  #pauseMs(): number {
    const pauseMs = this.#watch().intervalMs;
    return this.#state.value === "Connected" ? pauseMs : Math.min(EAGER_INTERVAL_MS, pauseMs);
  }

  #send(ctx: Context): void {
    const { clock } = this.#options;
    const now = clock.epochMs();
    this.#sent.set(now, clock.nowMs());
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MOST_UNANSWERED && oldest !== undefined) {
      this.#sent.delete(oldest);
      this.#lost++;
    }
    this.#sendMessage(ctx, "PING", now);
  }

  #sendMessage(ctx: Context, msgType: "PING" | "LEAVING", epochMs: number): void {
    const { remoteClusterId, address, port } = this.#options;
    const said = msgType === "PING" ? { turn: this.#options.turn?.(), echo: this.#options.echoAddress } : {};
    const message = { clusterID: remoteClusterId, msgType, timeStamp: new Date(epochMs).toISOString(), ...said };
    this.#socket.send(encodeMessage(message), port, address, (error) => {
      // No route or no interface yet: the next ping will tell.
      if (error !== null) ctx.log.debug("ping not sent", { error: messageOf(error) });
    });
  }

  #receive(ctx: Context, datagram: Buffer, from: RemoteInfo): void {
    const message = decodeMessage(datagram);
    if (message === undefined) return;
    if (message.msgType === "PING") {
      if (this.#options.answers?.(from.address) === false) return;
      const { echo, ...ping } = message;
      if (from.address === this.#options.address) this.#options.peerEchoes?.(echo);
      this.#answer(ctx, from, { ...ping, msgType: "PONG", turn: this.#latestTurn(message.turn) });
      return;
    }
    if (message.msgType === "ECHO") {
      const answer = this.#echoes.answerTo(message, datagram.length, from.address);
      if (answer !== undefined && this.#options.echoAddress !== undefined) this.#sendTo(ctx, from, answer);
      return;
    }
    if (message.msgType === "PROBE") {
      if (from.address !== this.#options.address) return;
      const mtu = this.#options.probed?.(message.mtu);
      this.#answer(ctx, from, { ...message, msgType: "PROBED", size: datagram.length + HEADER_BYTES, mtu });
      return;
    }
    if (message.msgType === "LEAVING") {
      if (from.address !== this.#options.address) return;
      this.attend();
      this.#options.peerLeaves?.();
      return;
    }
    if (message.msgType !== "PONG") return;
    // Go drops trailing zeros of the time stamp, so the time counts, not its text.
    const sentMs = Date.parse(message.timeStamp);
    const sentAt = this.#sent.get(sentMs);
    if (message.clusterID !== this.#options.remoteClusterId || sentAt === undefined) return;
    // What was sent before is answered out of order or lost.
    const settled = [...this.#sent.keys()].filter((earlier) => earlier <= sentMs);
    for (const earlier of settled) this.#sent.delete(earlier);
    this.#answered++;
    this.#lost += settled.length - 1;
    this.#heardAt = this.#options.clock.nowMs();
    if (message.turn !== undefined && message.turn > (this.#options.turn?.() ?? message.turn))
      this.#options.laterTurn?.(message.turn);
    this.#become({ value: "Connected", latencyMs: this.#heardAt - sentAt });
  }

  /** With two of the peer's gateways that both believe to be in charge, the former learns of the latter. */
  #latestTurn(said: number | undefined): number | undefined {
    if (said === undefined) return undefined;
    const { clock } = this.#options;
    const { turn, heardAt } = this.#peerTurn;
    if (said >= turn || clock.nowMs() - heardAt > TURN_MS) this.#peerTurn = { turn: said, heardAt: clock.nowMs() };
    return this.#peerTurn.turn;
  }

  #answer(ctx: Context, to: RemoteInfo, message: PingMessage): void {
    this.#sendTo(ctx, to, encodeMessage(message));
  }

  #sendTo(ctx: Context, { port, address }: RemoteInfo, datagram: Buffer): void {
    this.#socket.send(datagram, port, address, (error) => {
      if (error !== null) ctx.log.debug("answer not sent", { error: messageOf(error) });
    });
  }

  #become(state: PeerState): void {
    this.#state = state;
    this.#options.update(state);
  }
}
