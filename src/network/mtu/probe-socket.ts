/** Where probes are sent from: a port of their own, by which they get their route. */
import { createSocket } from "node:dgram";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";

export interface ProbeSocketOptions {
  readonly sourcePort: number;
  /** Where the other gateway answers. */
  readonly peer: { readonly address: string; readonly port: number };
  /** Called with what comes from there. */
  receive(answer: Buffer): void;
}

export interface ProbeSocket extends AsyncDisposable {
  send(ctx: Context, probe: Buffer): void;
}

export async function openProbeSocket(
  ctx: Context,
  { sourcePort, peer, receive }: ProbeSocketOptions,
): Promise<ProbeSocket> {
  const socket = createSocket("udp4");
  // At all addresses, for the tunnel may have none yet.
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(sourcePort, () => resolve());
  });
  socket.on("error", (error) => ctx.log.warn("probe socket", { error: messageOf(error) }));
  socket.on("message", (datagram, { address }) => {
    if (address === peer.address) receive(datagram);
  });
  return {
    send(own, probe) {
      socket.send(probe, peer.port, peer.address, (error) => {
        if (error !== null) own.log.debug("probe not sent", { bytes: probe.length, error: messageOf(error) });
      });
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
