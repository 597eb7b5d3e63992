import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";

import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "node:test";
import { stallingWay } from "#kit/stalling-way.ts";
import { CalmSessionManager } from "./calm-session-manager.ts";

test("an error of a session that was given up for idling ends nothing", async (t) => {
  const server = createServer((_request, response) => response.end());
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const manager = new CalmSessionManager(`http://127.0.0.1:${port}`, { idleConnectionTimeoutMs: 10 });
  const stream = await manager.request("GET", "/", {}, {});
  const { session } = stream;
  stream.resume();
  stream.end();
  await once(stream, "close");
  while (manager.state() !== "closed") await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(session?.emit("error", new Error("PING timed out")));
});

test("requests that find a dead connection at the same moment open one other, whose failure all of them get", async (t) => {
  const server = createServer(() => undefined);
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  await using way = await stallingWay("127.0.0.1", (server.address() as AddressInfo).port);
  const opened: Socket[] = [];
  const createConnection = (): Socket => {
    const socket = opened.length === 0 ? connect(way.port, "127.0.0.1") : unanswered();
    opened.push(socket);
    return socket;
  };
  const pings = { pingIntervalMs: 20, pingTimeoutMs: 20 };
  const manager = new CalmSessionManager(`http://127.0.0.1:${way.port}`, pings, { createConnection });
  const request = (): Promise<unknown> => manager.request("GET", "/", {}, {});
  const waiting = await manager.request("GET", "/", {}, {});
  waiting.on("error", () => undefined).end();
  way.stall();
  await new Promise((resolve) => setTimeout(resolve, pings.pingIntervalMs + 10));
  // One asks whether the connection lives; the other comes when it has just been given up, before anybody was told.
  const second = new Promise((resolve, reject) => waiting.on("close", () => request().then(resolve, reject)));
  const answers = await Promise.allSettled([request(), second]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.equal(opened.length, 2);
  // Late errors of what was let go come now, and would fail the run.
  await new Promise((resolve) => setTimeout(resolve, 2 * UNANSWERED_MS));
});

const UNANSWERED_MS = 40;

/** Its address is never found. */
function unanswered(): Socket {
  const socket = connect({ host: "nowhere.invalid", port: 80, lookup: () => undefined });
  setTimeout(() => socket.destroy(new Error("no answer")), UNANSWERED_MS);
  return socket;
}
