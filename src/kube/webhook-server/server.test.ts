import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
import { constant, jsonValue, oneof, record, string } from "fast-check";
import { type Clock, systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { forAll, parseOrRefuse } from "#kit/properties.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { StatusError } from "#machinery/status-error.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { parseReview } from "./review.ts";
import { ALLOWED, startWebhookServer, type WebhookServer } from "./server.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const REQUEST = { uid: "1", operation: "CREATE", userInfo: { username: "u" } };
let ca: string;
let tls: { cert: string; key: string };

before(async () => {
  const authority = await createCa("webhook-ca");
  const leaf = await issueCertificate(authority, {
    subject: { commonName: "webhook", organizations: [] },
    alternativeNames: ["webhook.test.svc"],
    usages: ["server"],
  });
  ca = authority.certificate;
  tls = { cert: leaf.certificate, key: leaf.privateKey };
});

const TIMES = { leastMs: 100, quietMs: 150, mostMs: 1_000 };

test("a draining server answers, asks clients to connect anew, and ends when nobody called for a while", async () => {
  const clock = steppedClock();
  await using served = await serve(clock);
  using connection = keptConnection();
  assert.equal((await ask(served, connection.agent)).connection, "keep-alive");
  const drained = served.drain(TIMES);
  assert.equal(await clock.waiting(), 150);
  clock.step(149);
  assert.equal((await ask(served, connection.agent)).connection, "close");
  clock.step(1);
  assert.equal(await clock.waiting(), 149, "since the last call");
  clock.step(149);
  await drained;
});

test("a server that nobody calls drains until everyone can know", async () => {
  const clock = steppedClock();
  clock.step(60_000);
  await using served = await serve(clock);
  const drained = served.drain(TIMES);
  assert.equal(await clock.waiting(), 100);
  clock.step(100);
  await drained;
});

test("draining ends though calls go on", async () => {
  const clock = steppedClock();
  await using served = await serve(clock);
  using connection = keptConnection();
  const drained = served.drain(TIMES);
  for (let ms = 0; ms < TIMES.mostMs; ms += 100) {
    await ask(served, connection.agent);
    assert.ok((await clock.waiting()) > 0);
    clock.step(100);
  }
  await drained;
});

test("a connection outlives what API servers keep unused", async () => {
  await using served = await serve();
  assert.ok(served.server.keepAliveTimeout > 90_000);
});

for (const [body, code, says] of [
  ["", 400, /request body is empty/],
  ["null", 400, /the body: must be an object/],
  ['{"kind":"AdmissionRev', 400, /no AdmissionReview/],
  ["[]", 400, /the body: must be an object/],
  ["{}", 400, /kind and apiVersion/],
  ['{"kind":"AdmissionReview","apiVersion":"v1","request":null}', 400, /request: must be an object/],
  ['{"kind":"AdmissionReview","apiVersion":"v1","request":{"uid":1}}', 400, /request.uid: must be a string/],
  [`{"a":${"[".repeat(100_000)}`, 400, /exceeded max depth/],
  ["x".repeat(9 << 20), 413, /larger than/],
] as const) {
  test(`the body ${body.slice(0, 60)} is answered with ${code}`, async () => {
    await using served = await serve();
    using connection = keptConnection();
    const answer = await send(served, connection.agent, body);
    assert.equal(answer.code, code);
    assert.match(answer.text, says);
  });
}

test("whatever the body, it is a review or is refused with what is wrong", () => {
  const isRefusal = (error: unknown): boolean => error instanceof StatusError && error.code === 400;
  const part = oneof(jsonValue({ maxDepth: 2 }), constant(REQUEST), constant("AdmissionReview"));
  const reviews = record({
    kind: part,
    apiVersion: part,
    request: oneof(part, record({ uid: part, operation: part, userInfo: part })),
  });
  const texts = oneof(
    string(),
    jsonValue().map((value) => JSON.stringify(value)),
    reviews.map((value) => JSON.stringify(value)),
  );
  forAll(texts, (text) => parseOrRefuse(parseReview, text, isRefusal), 300);
});

test("admission requests are counted by webhook and answer, those for no webhook are not", async () => {
  const metrics = new Metrics();
  const handlers = { "/allow": async () => ALLOWED };
  await using served = await startWebhookServer({ ...ctx, metrics }, { port: 0, tls, handlers });
  using connection = keptConnection();
  await ask(served, connection.agent);
  await send(served, connection.agent, "[]");
  await send(served, connection.agent, "", "/other");
  const shown = metrics.render().split("\n");
  for (const line of [
    'controller_runtime_webhook_requests_total{webhook="/allow",code="200"} 1',
    'controller_runtime_webhook_requests_total{webhook="/allow",code="400"} 1',
    'controller_runtime_webhook_latency_seconds_count{webhook="/allow"} 2',
    'controller_runtime_webhook_requests_in_flight{webhook="/allow"} 0',
  ])
    assert.ok(shown.includes(line), line);
  assert.ok(!metrics.render().includes("/other"));
});

function serve(clock: Clock = systemClock): Promise<WebhookServer> {
  return startWebhookServer(ctx, { port: 0, tls, handlers: { "/allow": async () => ALLOWED }, clock });
}

function keptConnection(): Disposable & { readonly agent: Agent } {
  const agent = new Agent({ keepAlive: true, ca });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

async function ask(served: WebhookServer, agent: Agent): Promise<IncomingHttpHeaders> {
  const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: REQUEST };
  const { text, headers } = await send(served, agent, JSON.stringify(review));
  assert.deepEqual(JSON.parse(text).response, { uid: "1", allowed: true });
  return headers;
}

interface Answer {
  readonly code: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function send({ server }: WebhookServer, agent: Agent, body: string, path = "/allow"): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const options = { method: "POST", host: "127.0.0.1", port, path, servername: "webhook.test.svc", agent };
    let isAnswered = false;
    request(options, (response) => {
      isAnswered = true;
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.once("end", () => resolve({ code: response.statusCode, headers: response.headers, text }));
    })
      // A server that has said no does not read the rest.
      .once("error", (error) => isAnswered || reject(error))
      .end(body);
  });
}
