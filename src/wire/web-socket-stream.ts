/**
 * A WebSocket, paused until then, as Node streams: one Duplex of all messages (tunnels), or one stream per channel byte (remotecommand).
 * Kubernetes: client-go/tools/remotecommand/websocket.go, apiserver's httpstream/wsstream/conn.go, KEP-4006
 */
import { Duplex, Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";

/** First byte of a v5 message that closes the channel named by the second. */
const CLOSE_CHANNEL = 255;

/** Bytes in binary messages, boundaries without meaning: the transport of SPDY tunnels. */
export function webSocketDuplex(socket: WebSocket): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => send(socket, chunk, done),
    final: (done) => {
      socket.close(1000);
      done();
    },
    destroy: (error, done) => {
      socket.terminate();
      done(error);
    },
  });
  socket.on("message", (message: Buffer) => {
    if (!duplex.push(message)) socket.pause();
  });
  socket.on("close", () => {
    if (!duplex.readableEnded) duplex.push(null);
    duplex.destroy();
  });
  socket.on("error", () => duplex.destroy());
  socket.resume();
  return duplex;
}

/**
 * The channels of one remotecommand connection. `closing` from v5 on: the client tells the end of its streams by a
 * signal, which it would not understand from the server.
 */
export class WebSocketChannels {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #closing: "sent" | "received" | "unknown";
  readonly #readers = new Map<number, Readable>();
  /** Channels whose reader is to be waited for: while there is one, no message is read. */
  readonly #full = new Set<Readable>();

  constructor(socket: WebSocket, closing: "sent" | "received" | "unknown") {
    this.#socket = socket;
    this.#closing = closing;
    this.closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("message", (message: Buffer) => this.#receive(message));
    // The close that follows is what is acted upon.
    socket.on("error", () => undefined);
    void this.closed.then(() => {
      for (const reader of this.#readers.values()) reader.push(null);
    });
    socket.resume();
  }

  readable(channel: number): Readable {
    const reader: Readable = new Readable({ read: () => this.#emptied(reader) });
    for (const event of ["end", "close"]) reader.once(event, () => this.#emptied(reader));
    this.#readers.set(channel, reader);
    return reader;
  }

  writable(channel: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#send(channel, chunk, done),
      final: (done) => {
        if (this.#closing !== "sent") return done();
        this.#send(CLOSE_CHANNEL, Buffer.of(channel), done);
      },
    }).on("error", () => undefined);
  }

  /** A message without content: tells the peer that the channel is served. */
  announce(channel: number): void {
    this.#send(channel, Buffer.alloc(0), () => undefined);
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  #receive(message: Buffer): void {
    const [channel, argument] = message;
    if (channel === undefined) return;
    if (channel === CLOSE_CHANNEL && this.#closing === "received" && message.length === 2) {
      this.#readers.get(argument ?? 0)?.push(null);
      this.#readers.delete(argument ?? 0);
      return;
    }
    const reader = this.#readers.get(channel);
    // What nobody reads any more is not waited for.
    if (reader === undefined || reader.destroyed || message.length === 1) return;
    if (reader.push(message.subarray(1))) return;
    this.#full.add(reader);
    this.#socket.pause();
  }

  #emptied(reader: Readable): void {
    this.#full.delete(reader);
    if (this.#full.size === 0) this.#socket.resume();
  }

  #send(channel: number, payload: Buffer, done: (error?: Error | null) => void): void {
    send(this.#socket, Buffer.concat([Buffer.of(channel), payload]), done);
  }
}

function send(socket: WebSocket, bytes: Buffer, done: (error?: Error | null) => void): void {
  if (socket.readyState === socket.OPEN) socket.send(bytes, { binary: true }, (error) => done(error ?? null));
  else done(new Error("WebSocket is not open"));
}
