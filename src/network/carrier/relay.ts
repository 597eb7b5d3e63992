/**
 * The client's end of the carrier: a UDP port of loopback that WireGuard takes for its peer. What comes to it goes over TCP, and
 * for a question now and then over UDP, too. Not in upstream.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { WebSocket } from "ws";
import type { Clock } from "#base/clock.ts";
import { Channel } from "./channel.ts";
import { BUFFER_BYTES, isTransport, receiverOf } from "./datagram.ts";
import type { Traffic } from "./traffic.ts";

export interface RelayOptions {
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** A datagram of this session came over UDP from who was asked, `ip:port`. */
  open(address: string): void;
  /** The connection in use has ended. */
  lost(): void;
}

const LOOPBACK = "127.0.0.1";
/** Of one question: any of them may get lost. */
const QUESTIONS = 3;
/** What is asked over UDP goes over TCP a little later: the one that comes second is dropped there as a replay. */
const HEAD_START_MS = 30;

export class Relay implements Disposable {
  readonly #options: RelayOptions;
  readonly #inner: Socket;
  readonly #outer: Socket;
  #channel: Channel | undefined;
  #wireguardPort: number | undefined;
  /** As numbered by this end, of what came over TCP last. */
  #session: number | undefined;
  #question: { readonly address: string; left: number } | undefined;
  #isHolding = false;

  private constructor(options: RelayOptions, inner: Socket, outer: Socket) {
    this.#options = options;
    this.#inner = inner;
    this.#outer = outer;
    inner.on("message", (datagram, { port }) => {
      this.#wireguardPort = port;
      this.#send(datagram);
    });
    outer.on("message", (datagram, { address, port }) => this.#answer(datagram, `${address}:${port}`));
    // Of a network that is not there: silence tells as much.
    for (const socket of [inner, outer]) socket.on("error", () => undefined);
  }

  static async open(options: RelayOptions): Promise<Relay> {
    const [inner, outer] = [createSocket("udp4"), createSocket("udp4")];
    await Promise.all([once(inner.bind(0, LOOPBACK), "listening"), once(outer.bind(0), "listening")]);
    inner.setRecvBufferSize(BUFFER_BYTES);
    return new Relay(options, inner, outer);
  }

  /** Of this relay, as WireGuard's peer. */
  get endpoint(): string {
    return `${LOOPBACK}:${this.#inner.address().port}`;
  }

  get isConnected(): boolean {
    return this.#channel?.isOpen === true;
  }

  /** From now on over this connection; the one before ends. */
  use(socket: WebSocket): void {
    const former = this.#channel;
    const channel = new Channel(socket, {
      traffic: this.#options.traffic,
      received: (datagram) => {
        if (isTransport(datagram)) this.#session = receiverOf(datagram);
        this.#deliver(datagram);
      },
      closed: () => {
        if (this.#channel !== channel) return;
        this.#channel = undefined;
        this.#options.lost();
      },
    });
    this.#channel = channel;
    former?.close();
  }

  /** The next datagrams go to that address by UDP, too. */
  ask(address: string): void {
    this.#question = { address, left: QUESTIONS };
  }

  /**
   * Whether nothing is handed to WireGuard, which speaks UDP by itself now: with what comes late from here it would take this
   * relay for its peer again.
   */
  hold(isHolding: boolean): void {
    this.#isHolding = isHolding;
  }

  [Symbol.dispose](): void {
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close();
    this.#inner.close();
    this.#outer.close();
  }

  #send(datagram: Buffer): void {
    const question = this.#question;
    if (question === undefined || question.left <= 0 || !isTransport(datagram)) {
      this.#channel?.send(datagram);
      return;
    }
    question.left--;
    const [host = "", port = ""] = question.address.split(":");
    this.#outer.send(datagram, Number(port), host, () => undefined);
    this.#options.clock.after(HEAD_START_MS, () => this.#channel?.send(datagram));
  }

  #answer(datagram: Buffer, from: string): void {
    const question = this.#question;
    if (question?.address !== from) return;
    this.#deliver(datagram);
    if (!isTransport(datagram) || receiverOf(datagram) !== this.#session || question.left < 0) return;
    question.left = -1;
    this.#options.open(from);
  }

  #deliver(datagram: Buffer): void {
    if (this.#isHolding || this.#wireguardPort === undefined) return;
    this.#inner.send(datagram, this.#wireguardPort, LOOPBACK, () => undefined);
  }
}
