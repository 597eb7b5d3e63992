import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { joinSockets } from "./tunnel.ts";

/** Both ends of one connection. */
async function pair(): Promise<readonly [far: Socket, near: Socket]> {
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [near] = (await once(server, "connection")) as [Socket];
  server.close();
  return [far, near];
}

test("who hears nothing after the other has ended is not waited for without end", async () => {
  const [client, one] = await pair();
  const [server, other] = await pair();
  joinSockets(one, other, 20);
  const ended = [client, server].map((socket) => once(socket.resume(), "end"));
  // Says its last word; the server never says its own.
  client.end("bye");
  await Promise.all(ended);
  for (const socket of [one, other]) if (!socket.closed) await once(socket, "close");
  for (const socket of [client, server]) socket.destroy();
});

test("an end that talks on after the other has ended is heard out", async () => {
  const [client, one] = await pair();
  const [server, other] = await pair();
  joinSockets(one, other);
  client.end();
  await once(server.resume(), "end");
  server.end("the rest");
  assert.equal(String((await once(client, "data"))[0]), "the rest");
  for (const socket of [one, other]) if (!socket.closed) await once(socket, "close");
  for (const socket of [client, server]) socket.destroy();
});
