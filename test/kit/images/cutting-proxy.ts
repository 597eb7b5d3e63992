/** Stands before a server on this machine, and cuts each connection after so many bytes of its answers. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingProxy extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly host: string;
  /** Bytes of answers that went through so far. */
  readonly sent: () => number;
}

export async function startCuttingProxy(to: string, mostBytes: number): Promise<CuttingProxy> {
  let sent = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(Number(to.split(":")[1]), "127.0.0.1");
    let left = mostBytes;
    for (const [socket, other] of [[client, behind] as const, [behind, client] as const]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        other.end();
      });
    }
    client.pipe(behind);
    behind.on("data", (chunk) => {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      sent += passed.length;
      client.write(passed);
      if (left === 0) behind.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
