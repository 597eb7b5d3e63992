/**
 * Many streams over one connection, as kubectl's exec and port-forward use SPDY/3.1. Flow-control windows are neither
 * kept nor announced, because the peers' library (moby/spdystream) knows none: a slow reader holds the connection.
 */
import { Duplex } from "node:stream";
import { encodeFrame, FrameDecoder, type SpdyFrame } from "./frame.ts";
import { HeaderCompressor, HeaderDecompressor, type SpdyHeaders } from "./header-block.ts";

export interface SpdySessionOptions {
  readonly role: "client" | "server";
  /** Each stream that the peer opens; it was already answered. */
  readonly onStream?: (stream: SpdyStream) => void;
}

const CLOSE_TIMEOUT_MS = 2_000;
const CANCEL = 5;
const PROTOCOL_ERROR = 1;
const REFUSED_STREAM = 3;
/** Far more connections at a time than a forwarded port has. */
const MAX_STREAMS = 4_096;
/** Read but not handled yet, because answers are not taken: more is left to the connection. */
const MAX_QUEUED_BYTES = 1 << 20;
/** Largest DATA payload sent; bigger writes are split. */
const MAX_DATA_BYTES = 32 * 1024;

/** One stream. Ending it sends FIN; destroying it before both sides have ended sends RST_STREAM. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #send: (frame: SpdyFrame) => Promise<void>;
  readonly #resume: () => void;
  #sentFin = false;
  #gotFin = false;

  constructor(id: number, headers: SpdyHeaders, send: (frame: SpdyFrame) => Promise<void>, resume: () => void) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#send = send;
    this.#resume = resume;
    // A reset is told to whoever reads or writes; nobody may be listening yet.
    this.on("error", () => undefined);
  }

  /** Data from the peer; false when the reader should be waited for. */
  receive(payload: Buffer, fin: boolean): boolean {
    const more = payload.length === 0 || this.#gotFin || this.push(payload);
    if (fin) this.receiveFin();
    return more;
  }

  receiveFin(): void {
    if (this.#gotFin) return;
    this.#gotFin = true;
    this.push(null);
  }

  receiveReset(status: number): void {
    this.#sentFin = true;
    this.#gotFin = true;
    this.destroy(status === CANCEL ? undefined : new Error(`SPDY stream ${this.id} was reset with status ${status}`));
  }

  /** The connection is gone: what was received can still be read, nothing more can be written. */
  receiveGone(): void {
    this.#sentFin = true;
    this.receiveFin();
    this.end();
    if (this.readableEnded) this.destroy();
    else this.once("end", () => this.destroy());
  }

  override _read(): void {
    this.#resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    const told = this.#sentFin
      ? Promise.resolve()
      : this.#send({ type: "data", stream: this.id, fin: true, payload: Buffer.alloc(0) });
    this.#sentFin = true;
    told.then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#sentFin || !this.#gotFin)
      void this.#send({ type: "rst-stream", stream: this.id, status: CANCEL }).catch(() => undefined);
    done(error);
  }

  async #write(chunk: Buffer): Promise<void> {
    for (let start = 0; start < chunk.length; start += MAX_DATA_BYTES) {
      await this.#send({
        type: "data",
        stream: this.id,
        fin: false,
        payload: chunk.subarray(start, start + MAX_DATA_BYTES),
      });
    }
  }
}

/** Owns the connection: it ends with the session, and the session with it. */
export class SpdySession implements AsyncDisposable {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #connection: Duplex;
  readonly #options: SpdySessionOptions;
  readonly #compressor = new HeaderCompressor();
  readonly #decompressor = new HeaderDecompressor();
  readonly #decoder = new FrameDecoder();
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams whose reader is to be waited for: while there is one, nothing is read for any. */
  readonly #full = new Set<SpdyStream>();
  #queuedBytes = 0;
  #nextId: number;
  /** Frames are read and written in order although compression is asynchronous. */
  #reading: Promise<void> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();

  constructor(connection: Duplex, options: SpdySessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#nextId = options.role === "client" ? 1 : 2;
    this.closed = new Promise<void>((resolve) => connection.once("close", () => resolve())).then(() =>
      this.#shutdown(),
    );
    connection.on("error", () => connection.destroy());
    // The rest of what was read is handled first: it may need answers.
    connection.on("end", () => void this.#reading.then(() => connection.end()));
    connection.on("data", (chunk: Buffer) => this.receive(chunk));
  }

  /** Bytes that were read before the session existed (the head of an upgrade), or arrive now. */
  receive(chunk: Buffer): void {
    this.#queuedBytes += chunk.length;
    this.#steer();
    this.#reading = this.#reading
      .then(async () => {
        for (const frame of this.#decoder.push(chunk)) await this.#handle(frame);
        this.#queuedBytes -= chunk.length;
        this.#steer();
      })
      .catch(() => {
        this.#connection.destroy();
      });
  }

  /** Opens a stream; `fin` when nothing will be written to it. */
  open(headers: SpdyHeaders, fin = false): Promise<SpdyStream> {
    const opening = this.#opening.then(async () => {
      const id = this.#nextId;
      this.#nextId += 2;
      const stream = this.#add(id, headers);
      const block = await this.#compressor.compress(headers);
      await this.#send({ type: "syn-stream", stream: id, fin: false, unidirectional: false, block });
      if (fin) stream.end();
      return stream;
    });
    this.#opening = opening.catch(() => undefined);
    return opening;
  }

  /** Says goodbye and waits for the peer to hang up, for a while: destroying at once would lose what is on its way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.end();
    // biome-ignore lint/plugin: the socket's deadline, by the machine
    const timer = setTimeout(() => this.#connection.destroy(), CLOSE_TIMEOUT_MS);
    await this.closed;
    clearTimeout(timer);
  }

  async #handle(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case "syn-stream":
        return this.#accept(frame.stream, await this.#decompressor.decompress(frame.block), frame.fin);
      case "syn-reply":
      case "headers":
        // Read even if unused: the compression goes on across blocks.
        await this.#decompressor.decompress(frame.block);
        if (frame.fin) this.#streams.get(frame.stream)?.receiveFin();
        return;
      case "data": {
        const stream = this.#streams.get(frame.stream);
        if (stream?.receive(frame.payload, frame.fin) === false) this.#full.add(stream);
        return;
      }
      case "rst-stream":
        this.#streams.get(frame.stream)?.receiveReset(frame.status);
        return;
      case "ping":
        // Odd ids are the client's; one that is ours is an answer.
        if ((frame.id % 2 === 1) === (this.#options.role === "server")) await this.#send(frame);
        return;
      case "settings":
      case "goaway":
      case "window-update":
        return;
    }
  }

  async #accept(id: number, headers: SpdyHeaders, fin: boolean): Promise<void> {
    if (this.#streams.has(id)) return this.#send({ type: "rst-stream", stream: id, status: PROTOCOL_ERROR });
    if (this.#streams.size >= MAX_STREAMS)
      return this.#send({ type: "rst-stream", stream: id, status: REFUSED_STREAM });
    const stream = this.#add(id, headers);
    const reply = this.#opening.then(async () => {
      const block = await this.#compressor.compress({});
      await this.#send({ type: "syn-reply", stream: id, fin: false, block });
    });
    this.#opening = reply.catch(() => undefined);
    await reply;
    if (fin) stream.receiveFin();
    this.#options.onStream?.(stream);
  }

  #steer(): void {
    if (this.#full.size > 0 || this.#queuedBytes > MAX_QUEUED_BYTES) this.#connection.pause();
    else this.#connection.resume();
  }

  #emptied(stream: SpdyStream): void {
    this.#full.delete(stream);
    this.#steer();
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const stream: SpdyStream = new SpdyStream(
      id,
      lower,
      (frame) => this.#send(frame),
      () => this.#emptied(stream),
    );
    this.#streams.set(id, stream);
    // A stream whose end was received is read out without another _read: it must not hold the connection any more.
    stream.once("end", () => this.#emptied(stream));
    stream.once("close", () => {
      this.#streams.delete(id);
      this.#emptied(stream);
    });
    return stream;
  }

  #send(frame: SpdyFrame): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#connection.destroyed || this.#connection.writableEnded)
        return reject(new Error("SPDY connection is closed"));
      this.#connection.write(encodeFrame(frame), (error) => (error ? reject(error) : resolve()));
    });
  }

  async #shutdown(): Promise<void> {
    await this.#reading;
    this.#compressor.close();
    this.#decompressor.close();
    for (const stream of this.#streams.values()) stream.receiveGone();
  }
}
