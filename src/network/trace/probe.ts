/** What a trace sends: a connection that is closed as soon as it is open, and datagrams of given lengths. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "#base/clock.ts";
import type { Connected } from "#wire/path-trace.ts";

export interface Way {
  /** This machine's. */
  readonly local: string;
  readonly localPort: number;
  readonly to: string;
  readonly port: number;
}

export function connectOnce(clock: Clock, way: Way, timeoutMs: number): Promise<Connected & { readonly ms: number }> {
  const begunMs = clock.nowMs();
  return new Promise((resolve) => {
    const socket = connect({ host: way.to, port: way.port, localAddress: way.local, localPort: way.localPort });
    const end = (connected: Connected["connected"], says: string): void => {
      cancel();
      socket.destroy();
      resolve({ connected, says, ms: clock.nowMs() - begunMs });
    };
    const cancel = clock.after(timeoutMs, () => end("silent", `no answer in ${timeoutMs} ms`));
    socket.once("connect", () => end("open", "connected"));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ECONNREFUSED" ? "refused" : "failed", error.message),
    );
  });
}

/** Of IPv4 and of UDP. */
const HEADERS_BYTES = 28;

/** How many of them could be sent. */
export async function sendDatagrams(way: Way, lengths: readonly number[]): Promise<number> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(way.localPort, way.local, resolve);
    });
    socket.on("error", () => undefined);
    let sent = 0;
    for (const length of lengths) {
      const error = await new Promise((resolve) =>
        socket.send(Buffer.alloc(Math.max(0, length - HEADERS_BYTES)), way.port, way.to, resolve),
      );
      if (error === null || error === undefined) sent++;
    }
    return sent;
  } finally {
    socket.close();
  }
}
