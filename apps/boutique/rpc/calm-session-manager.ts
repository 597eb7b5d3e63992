/** Connections whose late errors do not end the process. */
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * A session that the manager has given up (it idled, or another takes its place) may still have a ping under way, and fails
 * with "PING timed out" when nobody listens any more: Node would end the process.
 */
export class CalmSessionManager extends Http2SessionManager {
  readonly #calmed = new WeakSet<ClientHttp2Session>();

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#calmed.has(session)) {
      this.#calmed.add(session);
      session.on("error", () => undefined);
    }
    return stream;
  }
}
