import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { messageOf } from "#base/errors.ts";
import { StatusError } from "#machinery/status-error.ts";
import { type BodyLimits, readText, Transport } from "./transport.ts";

/** Answers the first request of each connection and, like a server that has just closed it for idling, resets at the second. */
async function startImpatientServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly connections: number }
> {
  const seen = new Set<Socket>();
  const server = createServer((request, response) => {
    if (seen.has(request.socket)) return void request.socket.resetAndDestroy();
    seen.add(request.socket);
    request.resume().on("end", () => response.end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return seen.size;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("a request that meets a connection closed for idling is sent again on a new one", async () => {
  await using server = await startImpatientServer();
  using transport = new Transport({ server: server.url }, "test");
  await transport.json({ method: "GET", path: "/first" });
  assert.deepEqual(await transport.json({ method: "PATCH", path: "/second", body: "{}" }), {});
  assert.equal(server.connections, 2);
});

test("a creation is not repeated: whether it was carried out is not known", async () => {
  await using server = await startImpatientServer();
  using transport = new Transport({ server: server.url }, "test");
  await transport.json({ method: "GET", path: "/first" });
  await assert.rejects(transport.json({ method: "POST", path: "/second", body: "{}" }), (error) => {
    assert.ok(error instanceof StatusError);
    return error.reason === "ServiceUnavailable";
  });
  assert.equal(server.connections, 1);
});

const GIVEN_UP: readonly (readonly [string, () => Readable, BodyLimits, string])[] = [
  ["without end", endless, { mostBytes: 1 << 20 }, "the server's answer has more than 1048576 bytes"],
  ["that stops half-way", halfway, { stallMs: 50 }, "the server's answer stopped half-way for 50 ms"],
];

for (const [what, body, limits, expected] of GIVEN_UP) {
  test(`an answer ${what} is given up`, async () => {
    const server = createServer((_request, response) => void body().pipe(response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    using transport = new Transport({ server: `http://127.0.0.1:${port}` }, "test");
    const response = await transport.send({ method: "GET", path: "/livez" });
    const message = await readText(response, limits).then(String, messageOf);
    const isGivenUp = response.destroyed;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    assert.equal(message, expected);
    assert.ok(isGivenUp);
  });
}

function endless(): Readable {
  const pieces = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1 << 16, "x");
  };
  return Readable.from(pieces());
}

function halfway(): Readable {
  const stream = new Readable({ read() {} });
  stream.push('{"items":[');
  return stream;
}
