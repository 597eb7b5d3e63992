/** The asking side of port-forward: SPDY, tunnelled through a WebSocket as kubectl does since 1.31, and bare where that is refused. */
import type { Duplex } from "node:stream";
import { readShortText } from "../short-text.ts";
import { SpdySession } from "../spdy/session.ts";
import { type DialOptions, dialEither, dialSpdy, dialWebSocket } from "../upgrade.ts";
import { webSocketDuplex } from "../web-socket-stream.ts";
import { PORT_FORWARD, TUNNEL } from "./server.ts";

export interface PortForward extends AsyncDisposable {
  /** A connection to a port of the pod. Is destroyed with the peer's message when the port does not answer. */
  connect(port: number): Promise<Duplex>;
  /** Resolves when the connection to the server is gone. */
  readonly closed: Promise<void>;
}

/** Rejects with an UpgradeError when it is refused. */
export async function dialPortForward(dial: DialOptions): Promise<PortForward> {
  const connection = await dialEither(
    async () => webSocketDuplex((await dialWebSocket(dial, [TUNNEL])).socket),
    () => dialSpdy(dial, PORT_FORWARD),
  );
  const session = new SpdySession(connection, { role: "client" });
  let nextRequest = 0;
  return {
    closed: session.closed,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    async connect(port) {
      const headers = { port: String(port), requestID: String(nextRequest++) };
      const error = await session.open({ streamType: "error", ...headers }, true);
      const data = await session.open({ streamType: "data", ...headers });
      void readShortText(error).then(
        (message) => {
          if (message !== "") data.destroy(new Error(message));
        },
        () => undefined,
      );
      return data;
    },
  };
}
