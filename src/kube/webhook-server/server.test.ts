import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { constant, jsonValue, oneof, record, string } from "fast-check";
import { silentLogger } from "#base/log.ts";
import { forAll, parseOrRefuse } from "#kit/properties.ts";
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

test("a draining server answers, asks clients to connect anew, and ends when nobody called for a while", async () => {
  await using served = await serve();
  using connection = keptConnection();
  assert.equal((await ask(served, connection.agent)).connection, "keep-alive");
  const startedMs = performance.now();
  const drained = served.drain({ leastMs: 100, quietMs: 150, mostMs: 5_000 });
  for (let call = 0; call < 4; call++) {
    assert.equal((await ask(served, connection.agent)).connection, "close");
    await delay(50);
  }
  await drained;
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs >= 300 && tookMs < 3_000, `${tookMs} ms`);
});

test("draining ends though calls go on", async () => {
  await using served = await serve();
  using connection = keptConnection();
  let isOver = false;
  const drained = served.drain({ leastMs: 10, quietMs: 1_000, mostMs: 200 }).then(() => {
    isOver = true;
  });
  while (!isOver) await ask(served, connection.agent);
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

function serve(): Promise<WebhookServer> {
  return startWebhookServer(ctx, { port: 0, tls, handlers: { "/allow": async () => ALLOWED } });
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

function send({ server }: WebhookServer, agent: Agent, body: string): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const options = { method: "POST", host: "127.0.0.1", port, path: "/allow", servername: "webhook.test.svc", agent };
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
