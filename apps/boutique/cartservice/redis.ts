/**
 * The few Redis commands that the cart needs, over one connection that is made anew when it breaks. Own code because the
 * client libraries cost 15 to 25 MB in a process that otherwise needs 60.
 * Protocol: RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { createConnection, type Socket } from "node:net";

export type Reply = string | number | null | readonly Reply[];

/** An answer of Redis that starts with a minus. */
export class RedisError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RedisError";
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const TIMEOUT_MS = 2_000;

export class RedisClient implements Disposable {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting[] = [];

  /** `address` is host:port. */
  constructor(address: string) {
    const at = address.lastIndexOf(":");
    this.#host = at < 0 ? address : address.slice(0, at);
    this.#port = at < 0 ? 6379 : Number(address.slice(at + 1));
  }

  [Symbol.dispose](): void {
    this.#fail(new RedisError("the client was closed"));
  }

  /** Sends one command. Rejects after two seconds without an answer, and when the connection breaks. */
  command(...args: readonly string[]): Promise<Reply> {
    const socket = this.#connect();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(new RedisError(`Redis at ${this.#host}:${this.#port} did not answer`)),
        TIMEOUT_MS,
      );
      const done =
        <V>(settle: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#waiting.push({ resolve: done(resolve), reject: done(reject) });
      socket.write(encodeCommand(args));
    });
  }

  #connect(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = createConnection({ host: this.#host, port: this.#port, noDelay: true });
    socket.on("data", (chunk) => this.#receive(socket, chunk));
    socket.on("error", (cause) => {
      if (this.#socket === socket)
        this.#fail(new RedisError(`Redis at ${this.#host}:${this.#port}: ${cause.message}`, { cause }));
    });
    socket.on("close", () => {
      if (this.#socket === socket) this.#fail(new RedisError("Redis closed the connection"));
    });
    this.#socket = socket;
    return socket;
  }

  #receive(socket: Socket, chunk: Buffer): void {
    if (this.#socket !== socket) return;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const parsed = decodeReply(this.#received, 0);
      if (parsed === undefined) return;
      this.#received = this.#received.subarray(parsed.next);
      const waiting = this.#waiting.shift();
      if (parsed.reply instanceof RedisError) waiting?.reject(parsed.reply);
      else waiting?.resolve(parsed.reply);
    }
  }

  /** Answers can no longer be told apart: everything that waits fails, the next command connects anew. */
  #fail(error: Error): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#received = Buffer.alloc(0);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

export function encodeCommand(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join("")}`;
}

/** The reply that starts at `at`; undefined while it is incomplete. */
export function decodeReply(bytes: Buffer, at: number): { reply: Reply | RedisError; next: number } | undefined {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0) return undefined;
  const line = bytes.toString("utf8", at + 1, end);
  const next = end + 2;
  switch (bytes[at]) {
    case 0x2b: // +
      return { reply: line, next };
    case 0x2d: // -
      return { reply: new RedisError(line), next };
    case 0x3a: // :
      return { reply: Number(line), next };
    case 0x24: {
      // $
      const length = Number(line);
      if (length < 0) return { reply: null, next };
      if (bytes.length < next + length + 2) return undefined;
      return { reply: bytes.toString("utf8", next, next + length), next: next + length + 2 };
    }
    case 0x2a: // *
      return decodeArray(bytes, next, Number(line));
    default:
      return { reply: new RedisError(`unexpected answer ${JSON.stringify(line)}`), next };
  }
}

function decodeArray(bytes: Buffer, at: number, count: number): { reply: Reply; next: number } | undefined {
  const items: Reply[] = [];
  let next = at;
  for (let i = 0; i < count; i++) {
    const item = decodeReply(bytes, next);
    if (item === undefined) return undefined;
    items.push(item.reply instanceof RedisError ? null : item.reply);
    next = item.next;
  }
  return { reply: count < 0 ? null : items, next };
}
