/** A way to a server of this machine on which open connections can fall silent without an end, as after a lost link. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface StallingWay extends AsyncDisposable {
  readonly port: number;
  /** Nothing more comes through connections that are open now; later ones are not concerned. */
  stall(): void;
}

export async function stallingWay(host: string, port: number): Promise<StallingWay> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, host);
    for (const socket of [near, far]) socket.on("error", () => undefined).on("close", () => open.delete(socket));
    open.add(near).add(far);
    near.pipe(far);
    far.pipe(near);
  });
  await once(server.listen(0, host), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => {
      for (const socket of open) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
