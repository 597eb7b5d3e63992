import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { Metrics } from "#base/metrics.ts";
import { eventually } from "#kit/eventually.ts";
import { Channel } from "./channel.ts";
import { carrierTraffic } from "./traffic.ts";

const BYTES = 1_400;
const MANY = 20_000;

function numbered(number: number): Buffer {
  const datagram = Buffer.alloc(BYTES);
  datagram.writeUInt32LE(4, 0);
  datagram.writeUInt32LE(number, 8);
  return datagram;
}

test("a connection that stalls keeps the freshest datagrams, and no more memory than that", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const near = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  const [far] = (await accepted) as [WebSocket];
  far.pause();
  await once(near, "open");
  const metrics = new Metrics();
  let ended = 0;
  const channel = new Channel(near, {
    traffic: carrierTraffic(metrics),
    received: () => undefined,
    closed: () => ended++,
  });
  for (let number = 1; number <= MANY; number++) {
    channel.send(numbered(number));
    // What the kernel takes, it takes between two of them.
    if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const dropped = Number(/reason="stalled"} (\d+)/.exec(metrics.render())?.[1]);
  assert.ok(dropped > 0 && dropped < MANY, `${dropped}`);
  assert.ok(near.bufferedAmount < 200 << 10, `${near.bufferedAmount}`);
  const numbers: number[] = [];
  far.on("message", (data: Buffer) => numbers.push(data.readUInt32LE(8)));
  far.resume();
  await eventually("all that were not dropped", () => assert.equal(numbers.length, MANY - dropped));
  assert.equal(numbers.at(-1), MANY);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  channel.close();
  await eventually("closed", () => assert.equal(ended, 1));
  channel.send(numbered(1));
  server.close();
});
