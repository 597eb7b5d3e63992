import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { pods } from "#machinery/builtin.ts";
import { KubeClient } from "./client.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };

test("a client's requests are counted by method, host and how they ended", async () => {
  const server = createServer((request, response) => {
    if (request.url?.endsWith("/broken") === true) request.socket.destroy();
    else if (request.method === "POST") response.writeHead(201).end("{}");
    else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const metrics = new Metrics();
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  {
    using client = new KubeClient({ server: `http://${host}` }, "test", { metrics });
    // First, for on a connection that was used before it is tried twice.
    await assert.rejects(client.get(ctx, pods, { namespace: "a", name: "broken" }));
    await client.find(ctx, pods, { namespace: "a", name: "b" });
    await client.create(ctx, pods, { metadata: { namespace: "a", name: "b" } });
  }
  server.close();
  server.closeAllConnections();
  const shown = (name: string): string[] =>
    metrics
      .render()
      .split("\n")
      .filter((line) => line.startsWith(name));
  assert.deepEqual(shown("rest_client_requests_total"), [
    `rest_client_requests_total{code="<error>",host="${host}",method="GET"} 1`,
    `rest_client_requests_total{code="404",host="${host}",method="GET"} 1`,
    `rest_client_requests_total{code="201",host="${host}",method="POST"} 1`,
  ]);
  assert.deepEqual(shown("rest_client_request_duration_seconds_count"), [
    `rest_client_request_duration_seconds_count{host="${host}",verb="GET"} 2`,
    `rest_client_request_duration_seconds_count{host="${host}",verb="POST"} 1`,
  ]);
});
