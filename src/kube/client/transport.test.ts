import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { test } from "node:test";
import { messageOf } from "#base/errors.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
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

/** A server that answers 429 as often as `refusals`, with that header, and counts the requests with their bodies. */
async function startBusyServer(refusals: number, retryAfter: string | undefined) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push((await request.toArray()).join(""));
    const isRefused = bodies.length <= refusals;
    if (isRefused && retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
    response.statusCode = isRefused ? 429 : 200;
    response.end(isRefused ? '{"kind":"Status","code":429,"message":"storage is (re)initializing"}' : '{"ok":true}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, bodies, [Symbol.asyncDispose]: close };
}

/** Lets all that is waited for pass, and says how long that was, until the answer is there. */
async function answered<T>(clock: SteppedClock, answer: Promise<T>): Promise<{ answer: T; waitsMs: number[] }> {
  const waitsMs: number[] = [];
  const done = answer.then(
    () => undefined,
    () => undefined,
  );
  for (;;) {
    const waitMs = await Promise.race([done, clock.waiting()]);
    if (waitMs === undefined) return { answer: await answer, waitsMs };
    waitsMs.push(waitMs);
    clock.step(waitMs);
  }
}

test("a server that is busy is asked again when it says, with the same body", async () => {
  await using server = await startBusyServer(2, "1");
  const clock = steppedClock();
  using transport = new Transport({ server: server.url }, "test", { clock });
  const sent = transport.json({ method: "POST", path: "/", body: "{}" });
  assert.deepEqual(await answered(clock, sent), { answer: { ok: true }, waitsMs: [1_000, 1_000] });
  assert.deepEqual(server.bodies, ["{}", "{}", "{}"]);
});

test("one that is busy for ever, or for a year, is given up", async () => {
  await using server = await startBusyServer(100, "31536000");
  const clock = steppedClock();
  using transport = new Transport({ server: server.url }, "test", { clock });
  const sent = transport.json({ method: "GET", path: "/" }).catch(messageOf);
  const { answer, waitsMs } = await answered(clock, sent);
  assert.match(String(answer), /storage is \(re\)initializing/);
  assert.deepEqual(waitsMs, [10_000, 10_000, 10_000, 10_000, 10_000]);
});

test("a refusal that names no time is an answer: an eviction that a budget forbids", async () => {
  await using server = await startBusyServer(1, undefined);
  using transport = new Transport({ server: server.url }, "test", { clock: steppedClock() });
  await assert.rejects(transport.json({ method: "POST", path: "/", body: "{}" }), /initializing/);
  assert.equal(server.bodies.length, 1);
});
