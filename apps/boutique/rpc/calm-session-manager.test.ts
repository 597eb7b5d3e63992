import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
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
