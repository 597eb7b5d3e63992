import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { type ConnectProxy, type ConnectProxyOptions, planTunnel, startConnectProxy } from "./server.ts";

const OPTIONS: ConnectProxyOptions = { port: 0, forcedHost: undefined, allowedHosts: [], maxConnections: 8 };
const FORCED = { name: "kubernetes.default.svc", port: 443 };

for (const [what, asked, open, options, plan] of [
  ["any host without a rule", "rome:6443", 0, {}, { do: "dial", to: { name: "rome", port: 6443 } }],
  ["an address", "[fd00::1]:6443", 0, {}, { do: "dial", to: { name: "fd00::1", port: 6443 } }],
  ["a host on the list", "rome:6443", 0, { allowedHosts: ["oslo:1", "rome:6443"] }, "dial"],
  ["one that is not on it", "rome:22", 0, { allowedHosts: ["rome:6443"] }, 403],
  ["any host where one is forced", "rome:22", 0, { forcedHost: FORCED }, { do: "dial", to: FORCED }],
  ["a list beside a forced host, as upstream", "rome:22", 0, { forcedHost: FORCED, allowedHosts: ["a:1"] }, "dial"],
  ["the last tunnel", "rome:6443", 7, {}, "dial"],
  ["one more", "rome:6443", 8, {}, 503],
  ["no port", "rome", 0, {}, 400],
  ["a port that is none", "rome:65536", 0, {}, 400],
  ["a path", "/etc/passwd", 0, {}, 400],
  ["a URL", "http://rome:6443", 0, {}, 400],
] as const) {
  test(`asked for ${what}`, () => {
    const found = planTunnel(asked, open, { ...OPTIONS, ...options });
    if (typeof plan === "object") assert.deepEqual(found, plan);
    else assert.equal(found.do === "refuse" ? found.status : found.do, plan);
  });
}

describe("the proxy", () => {
  test("knows no other method", async () => {
    await using proxy = await started();
    const outgoing = request({ port: proxy.port, path: "http://rome/", method: "GET" }).end();
    const [{ statusCode, headers }] = await once(outgoing, "response");
    assert.deepEqual([statusCode, headers.allow], [405, "CONNECT"]);
  });

  test("carries what both say, in each direction until its end", async () => {
    // Says its last word when it has heard all.
    await using server = await listening((socket) => void text(socket).then((all) => socket.end(`heard ${all}`)));
    await using proxy = await started();
    // The first words come with the request.
    const client = asking(proxy, `127.0.0.1:${server.port}`, "early ");
    await once(client, "data");
    assert.equal(proxy.tunnels, 1);
    client.end("late");
    assert.equal(await text(client), "heard early late");
    for (const socket of [client, server.last()]) if (!socket.closed) await once(socket, "close");
  });

  test("says that the server is there only when it is", async () => {
    const { port } = await free();
    await using proxy = await started();
    assert.match(await text(asking(proxy, `127.0.0.1:${port}`)), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  test("closes the other end of a tunnel that breaks", async () => {
    await using server = await listening((socket) => void socket.on("error", () => undefined).resume());
    await using proxy = await started();
    const client = asking(proxy, `127.0.0.1:${server.port}`);
    await once(client, "data");
    const closed = new Promise((resolve) => server.last().once("close", resolve));
    client.resetAndDestroy();
    await closed;
  });

  test("refuses a host that is not on the list, and junk", async () => {
    await using proxy = await started({ allowedHosts: ["rome:6443"] });
    assert.match(await text(asking(proxy, "rome:22")), /^HTTP\/1\.1 403 Forbidden\r\n/);
    const junk = connect({ port: proxy.port, host: "127.0.0.1" });
    junk.write("\u0016\u0003\u0001 no HTTP\r\n\r\n");
    assert.match(await text(junk), /^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  test("ends with its tunnels", async () => {
    await using server = await listening((socket) => void socket.on("error", () => undefined));
    const proxy = await started();
    const client = asking(proxy, `127.0.0.1:${server.port}`);
    await once(client, "data");
    const closed = once(client, "end");
    await proxy[Symbol.asyncDispose]();
    await closed;
  });
});

function started(options: Partial<ConnectProxyOptions> = {}): Promise<ConnectProxy> {
  const ctx = { signal: new AbortController().signal, log: silentLogger };
  return startConnectProxy(ctx, { ...OPTIONS, ...options });
}

function asking({ port }: ConnectProxy, host: string, first = ""): Socket {
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => undefined);
  client.write(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n${first}`);
  return client;
}

async function listening(
  serve: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number; readonly last: () => Socket }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    serve(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    last: () => sockets.at(-1) ?? assert.fail("nobody has connected"),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A port that nobody listens on. */
async function free(): Promise<{ readonly port: number }> {
  await using server = await listening(() => undefined);
  return { port: server.port };
}
