/**
 * Datagrams over a WebSocket, one binary message each. A connection that stalls loses the oldest of those that wait: a tunnel
 * can do more with a fresh packet than with one that is seconds old. Not in upstream.
 */
import type { RawData, WebSocket } from "ws";
import { isWireguard } from "./datagram.ts";
import type { Traffic } from "./traffic.ts";

/** Handed to the kernel or to TLS, and not yet taken; one stall later this is what waits in vain. */
const MOST_UNDER_WAY = 128 << 10;
const MOST_WAITING = 256 << 10;

export interface ChannelOptions {
  readonly traffic: Traffic;
  received(datagram: Buffer): void;
  /** Called once. */
  closed(): void;
}

export class Channel {
  readonly #socket: WebSocket;
  readonly #traffic: Traffic;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #underWay = 0;

  constructor(socket: WebSocket, { traffic, received, closed }: ChannelOptions) {
    this.#socket = socket;
    this.#traffic = traffic;
    socket.on("message", (data: RawData, isBinary: boolean) => {
      if (!isBinary || !Buffer.isBuffer(data) || !isWireguard(data)) return traffic.unfit.increase();
      traffic.received.increase();
      received(data);
    });
    // What went wrong is in nobody's power; that it is over is told by `close`.
    socket.on("error", () => socket.terminate());
    socket.once("close", () => {
      this.#waiting.length = 0;
      this.#waitingBytes = 0;
      closed();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(datagram: Buffer): void {
    if (!this.isOpen) return;
    if (!isWireguard(datagram)) {
      this.#traffic.unfit.increase();
      return;
    }
    this.#waiting.push(datagram);
    this.#waitingBytes += datagram.length;
    this.#flush();
    while (this.#waitingBytes > MOST_WAITING) {
      this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
      this.#traffic.stalled.increase();
    }
  }

  /** At once: no datagram is worth waiting for. */
  close(): void {
    this.#socket.terminate();
  }

  #flush(): void {
    while (this.#underWay < MOST_UNDER_WAY) {
      const datagram = this.#waiting.shift();
      if (datagram === undefined) return;
      this.#waitingBytes -= datagram.length;
      this.#underWay += datagram.length;
      this.#socket.send(datagram, { binary: true }, () => {
        this.#underWay -= datagram.length;
        this.#traffic.sent.increase();
        this.#flush();
      });
    }
  }
}
