import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { silentLogger } from "#base/log.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { ALLOWED, startWebhookServer, type WebhookServer } from "./server.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
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

function serve(): Promise<WebhookServer> {
  return startWebhookServer(ctx, { port: 0, tls, handlers: { "/allow": async () => ALLOWED } });
}

function keptConnection(): Disposable & { readonly agent: Agent } {
  const agent = new Agent({ keepAlive: true, ca });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

function ask({ server }: WebhookServer, agent: Agent): Promise<IncomingHttpHeaders> {
  const { port } = server.address() as AddressInfo;
  const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: { uid: "1" } };
  return new Promise((resolve, reject) => {
    const options = { method: "POST", host: "127.0.0.1", port, path: "/allow", servername: "webhook.test.svc", agent };
    request(options, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.once("end", () => {
        assert.deepEqual(JSON.parse(body).response, { uid: "1", allowed: true });
        resolve(response.headers);
      });
    })
      .once("error", reject)
      .end(JSON.stringify(review));
  });
}
