/** Two connections that become one: bytes, their end and their faults go from each to the other. */
import type { Socket } from "node:net";

/** One end has said its last word; so long may the other one be silent before both are closed. */
const HALF_CLOSED_MS = 60_000;
/** A peer that vanished is noticed by this: a watch may be silent for long. */
const KEEP_ALIVE_MS = 30_000;

/** Both sockets must allow half-open connections. They are closed together. */
export function joinSockets(one: Socket, other: Socket, halfClosedMs = HALF_CLOSED_MS): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setNoDelay(true);
    from.setKeepAlive(true, KEEP_ALIVE_MS);
    from.on("error", () => to.resetAndDestroy());
    from.once("close", () => to.destroy());
    from.on("timeout", () => from.destroy());
    from.once("end", () => {
      to.end();
      for (const socket of [from, to]) socket.setTimeout(halfClosedMs);
    });
    from.pipe(to, { end: false });
  }
}
