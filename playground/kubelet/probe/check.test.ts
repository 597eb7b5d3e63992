import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { test } from "node:test";
import type { Probe } from "kubernetes-types/core/v1";
import { check, resolvePort } from "./check.ts";

const exec = async (command: readonly string[]) => ({
  code: command[0] === "true" ? 0 : 1,
  output: "no",
  timedOut: command[0] === "slow",
});

function probe(port: number, spec: object): Promise<Awaited<ReturnType<typeof check>>> {
  const container = { name: "c", ports: [{ name: "web", containerPort: port }] };
  return check({ timeoutSeconds: 1, ...spec } as Probe, { container, podIp: "127.0.0.1", exec });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("HTTP probes send their headers and accept 200 to 399", async () => {
  const server = createHttp((request, response) =>
    response.writeHead(request.headers.cookie === "a=b" ? 302 : 503).end(),
  );
  const port = await listen(server);
  const httpGet = { port: "web", path: "/_healthz", httpHeaders: [{ name: "Cookie", value: "a=b" }] };
  assert.deepEqual(await probe(port, { httpGet }), { ok: true });
  assert.deepEqual(await probe(port, { httpGet: { port } }), {
    ok: false,
    why: "HTTP probe failed with statuscode: 503",
  });
  server.close();
});

test("TCP and command probes", async () => {
  const server = createHttp();
  const port = await listen(server);
  assert.deepEqual(await probe(port, { tcpSocket: { port } }), { ok: true });
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await probe(port, { tcpSocket: { port } })).ok, false);
  assert.equal((await probe(port, { exec: { command: ["true"] } })).ok, true);
  assert.deepEqual(await probe(port, { exec: { command: ["false"] } }), { ok: false, why: "no" });
});

test("gRPC probes speak the health protocol", async () => {
  let status = 1;
  const server = createHttp2((_request, response) => {
    response.writeHead(200, { "content-type": "application/grpc", trailer: "grpc-status" });
    response.addTrailers({ "grpc-status": "0" });
    response.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
  });
  const port = await listen(server);
  assert.deepEqual(await probe(port, { grpc: { port } }), { ok: true });
  status = 2;
  assert.deepEqual(await probe(port, { grpc: { port } }), {
    ok: false,
    why: 'service unhealthy (responded with "NOT_SERVING")',
  });
  server.close();
  assert.equal((await probe(1, { grpc: { port: 1 } })).ok, false);
});

test("a port name that the container does not declare is an error", () => {
  assert.equal(resolvePort("8080", { name: "c" }), 8080);
  assert.throws(() => resolvePort("web", { name: "c" }), /couldn't find port: "web"/);
});
