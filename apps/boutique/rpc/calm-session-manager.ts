/** Connections whose late errors do not end the process. */
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * What the library lets go of may still fail, and nobody listens then, for which Node would end the process:
 * - a session that idled, or whose place another one takes, has a ping under way and fails with "PING timed out";
 * - of requests that find a dead connection at the same moment, each opens another one, and only the last is kept.
 */
export class CalmSessionManager extends Http2SessionManager {
  readonly #calmed = new WeakSet<ClientHttp2Session>();
  #opening: Promise<unknown> | undefined;

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    this.#opening ??= this.connect().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
    const failure = this.error();
    if (failure !== undefined) throw failure;
    const stream = await super.request(...args);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#calmed.has(session)) {
      this.#calmed.add(session);
      session.on("error", () => undefined);
    }
    return stream;
  }
}
