/** An API server behind a proxy: requests, watches and upgrades, with TLS from end to end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { isAborted } from "#base/errors.ts";
import { silentLogger } from "#base/log.ts";
import { pods } from "#machinery/builtin.ts";
import { createCa, type Identity, issueCertificate } from "#pki/certificate.ts";
import { type ConnectProxy, startConnectProxy } from "#proxy/server.ts";
import { acceptSpdy, acceptWebSocket, dialSpdy, dialWebSocket, isSpdyUpgrade } from "#wire/upgrade.ts";
import { KubeClient } from "./client.ts";

const CTX = { signal: new AbortController().signal, log: silentLogger };
const NAME = "rome.test";
/** A name that nobody resolves: who asks for it directly fails. */
const SERVER = `https://${NAME}:6443`;

describe("a client behind a proxy", () => {
  let ca: Identity;
  let api: AsyncDisposable & { readonly port: number };
  let proxy: ConnectProxy;

  before(async () => {
    ca = await createCa("rome");
    api = await startServer(ca);
    proxy = await startProxy(api.port);
  });
  after(async () => {
    await proxy[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const configOf = (trusted = ca, port = proxy.port) => ({
    server: SERVER,
    ca: trusted.certificate,
    token: "t",
    proxyUrl: `http://127.0.0.1:${port}`,
  });

  test("asks and watches through it, by one tunnel", async () => {
    using client = new KubeClient(configOf(), "test");
    for (const _ of [1, 2]) assert.deepEqual(await client.raw(CTX, "GET", "/api"), { authorization: "Bearer t" });
    assert.equal(proxy.tunnels, 1);
    const names: (string | undefined)[] = [];
    for await (const event of client.watch(CTX, pods))
      if (event.type !== "BOOKMARK") names.push(event.object.metadata?.name);
    assert.deepEqual(names, ["cart", "shop"]);
  });

  test("upgrades through it, to WebSocket and to SPDY", async () => {
    using client = new KubeClient(configOf(), "test");
    const { transport } = client;
    const options = { url: transport.url("/exec").href, tls: transport.tlsOptions(), agent: transport.proxyAgent };
    const { socket } = await dialWebSocket(options, ["v5.channel.k8s.io"]);
    const said = once(socket, "message");
    socket.resume();
    assert.equal(String((await said)[0]), "hello");
    socket.terminate();
    const stream = await dialSpdy(options, "v4.channel.k8s.io");
    assert.equal(String((await once(stream, "data"))[0]), "hello");
    stream.destroy();
  });

  test("trusts nobody but the server: whoever answers in its place is found out", async () => {
    using client = new KubeClient(configOf(await createCa("rome")), "test");
    await assert.rejects(
      client.raw(CTX, "GET", "/api"),
      /cannot reach the API server https:\/\/rome\.test:6443: .*(self|verify|unable)/,
    );
    await using impostor = await startServer(ca, "oslo.test");
    await using way = await startProxy(impostor.port);
    using deceived = new KubeClient(configOf(ca, way.port), "test");
    await assert.rejects(deceived.raw(CTX, "GET", "/api"), /does not match certificate's altnames/);
  });

  test("does not wait for a proxy that says nothing", async () => {
    const silent = createTcpServer();
    await once(silent.listen(0, "127.0.0.1"), "listening");
    const { port } = silent.address() as AddressInfo;
    using client = new KubeClient(configOf(ca, port), "test");
    const asked = client.transport.json({ method: "GET", path: "/api", timeoutMs: 50 });
    await assert.rejects(asked, /cannot reach the API server .*(within|after) 50 ?ms/);
    const { ctx, cancel } = withCancel(CTX);
    const pending = client.raw(ctx, "GET", "/api");
    cancel();
    await assert.rejects(pending, isAborted);
    client[Symbol.dispose]();
    silent.close();
  });

  test("is told what the proxy said", async () => {
    await using way = await startProxy(1);
    using client = new KubeClient(configOf(ca, way.port), "test");
    await assert.rejects(client.raw(CTX, "GET", "/api"), /cannot reach the API server .*502 Bad Gateway/);
  });
});

function startProxy(port: number): Promise<ConnectProxy> {
  const forcedHost = { name: "127.0.0.1", port };
  return startConnectProxy(CTX, { port: 0, forcedHost, allowedHosts: [], maxConnections: 8 });
}

async function startServer(ca: Identity, name = NAME): Promise<AsyncDisposable & { readonly port: number }> {
  const { certificate, privateKey } = await issueCertificate(ca, {
    subject: { commonName: name, organizations: [] },
    alternativeNames: [name],
    usages: ["server"],
  });
  const server = createServer({ cert: certificate, key: privateKey }, ({ url = "", headers }, response) => {
    if (!url.includes("watch=true")) return void response.end(JSON.stringify({ authorization: headers.authorization }));
    for (const pod of ["cart", "shop"])
      response.write(`${JSON.stringify({ type: "ADDED", object: { metadata: { name: pod } } })}\n`);
    response.end();
  });
  server.on("upgrade", async (request, socket, head) => {
    if (isSpdyUpgrade(request)) {
      acceptSpdy(socket, "v4.channel.k8s.io");
      socket.end("hello");
      return;
    }
    (await acceptWebSocket(request, socket, head, "v5.channel.k8s.io")).send("hello");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
