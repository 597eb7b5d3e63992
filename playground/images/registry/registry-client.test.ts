import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, it } from "node:test";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { parseHead } from "./curl.ts";
import { RegistryClient } from "./registry-client.ts";
import { RegistryError } from "./registry-error.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const CREDENTIAL = { username: "me", password: 'a "word"\\' };
const BASIC = `Basic ${Buffer.from('me:a "word"\\').toString("base64")}`;
const closing: (() => Promise<unknown>)[] = [];
describe("a client of registries", () => {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  type Answer = (request: IncomingMessage, response: ServerResponse) => void;

  /** With what it was asked, and the `Authorization` that came. */
  async function serve(answer: Answer): Promise<{ host: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? "-"}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  function clientOf(host: string, credential: typeof CREDENTIAL | undefined = CREDENTIAL): RegistryClient {
    return new RegistryClient({
      ...{ enter: [], clock: systemClock, trust: { isInsecure: true }, repository: `http://${host}/v2/team/web` },
      ...(credential && { credential }),
    });
  }

  it("a token is asked for once, for the scope and service that the registry names, with the password", async () => {
    const tokens = await serve((_, response) => response.end('{"token":"t1"}'));
    const { host, asked } = await serve((request, response) => {
      if (request.headers.authorization === "Bearer t1") return response.end("blob");
      const challenge = `Bearer realm="http://${tokens.host}/token",service="r",scope="repository:team/web:pull"`;
      return response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const client = clientOf(host);
    assert.deepEqual([await client.getText(ctx, "blobs/a"), await client.getText(ctx, "blobs/b")], ["blob", "blob"]);
    const query = "service=r&scope=repository%3Ateam%2Fweb%3Apull&account=me";
    assert.deepEqual(tokens.asked, [`/token?${query} ${BASIC}`]);
    const at = "/v2/team/web/blobs";
    assert.deepEqual(asked, [`${at}/a -`, `${at}/a Bearer t1`, `${at}/b Bearer t1`]);
  });

  it("a password goes to the registry that wants it, and not to where it leads", async () => {
    const store = await serve((_, response) => response.end("blob"));
    const { host, asked } = await serve((request, response) => {
      if (request.headers.authorization !== BASIC)
        return response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
      return response.writeHead(307, { location: `http://${store.host}/signed?x=1` }).end("elsewhere");
    });
    assert.equal(await clientOf(host).getText(ctx, "blobs/a"), "blob");
    assert.deepEqual([asked.length, store.asked], [2, ["/signed?x=1 -"]]);
  });

  for (const [name, answer, reason, says] of [
    [
      "too many requests",
      (r) => r.writeHead(429, { "retry-after": "7" }).end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slowly"}]}'),
      "rate-limited",
      /^toomanyrequests: slowly$/,
    ],
    [
      "too many requests, in no words",
      (r) => r.writeHead(429, { "retry-after": "7" }).end("<html>"),
      "rate-limited",
      /answers 429/,
    ],
    ["a refusal", (r) => r.writeHead(403).end(), "refused", /answers 403/],
    [
      "a challenge of another kind",
      (r) => r.writeHead(401, { "www-authenticate": "Negotiate" }).end(),
      "refused",
      /answers 401/,
    ],
    ["a circle", (r) => r.writeHead(302, { location: "/v2/" }).end(), "refused", /leads from one address to another/],
    ["another protocol", (r) => r.writeHead(302, { location: "file:///etc/shadow" }).end(), "refused", /protocol/i],
    ["no HTTP", (r) => r.socket?.end("SSH-2.0\r\n\r\n"), "refused", /HTTP|Received/],
    [
      "an end in the middle",
      (r) => r.writeHead(200, { "content-length": 9 }).write("half", () => r.destroy()),
      "cut",
      /^unexpected EOF$/,
    ],
    ["nothing at all", (r) => r.destroy(), "cut", /reply|reset/i],
  ] as readonly [string, (response: ServerResponse) => unknown, RegistryError["reason"], RegExp][]) {
    it(`${name} is told as ${reason}`, async () => {
      const { host } = await serve((_, response) => void answer(response));
      await assert.rejects(clientOf(host).getText(ctx, "manifests/1"), (error: unknown) => {
        assert.ok(error instanceof RegistryError);
        assert.deepEqual([error.reason, error.retryAfterMs], [reason, reason === "rate-limited" ? 7000 : undefined]);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it("who gives up is not kept waiting", async () => {
    const { host } = await serve((_, response) => void response.writeHead(200, { "content-length": 9 }).write("half"));
    const controller = new AbortController();
    const asking = clientOf(host).getText({ ...ctx, signal: controller.signal }, "blobs/a");
    setImmediate(() => controller.abort());
    await assert.rejects(asking);
  });

  it("what nobody wants to read keeps nobody waiting", async () => {
    const { host } = await serve((_, response) => void response.end(Buffer.alloc(8 * 1024 * 1024)));
    const answer = await clientOf(host).get(ctx, "blobs/a");
    for await (const _ of answer.body) break;
    await answer[Symbol.asyncDispose]();
    await assert.rejects(clientOf(host).getText(ctx, "blobs/a"), /more than 4194304 bytes/);
  });

  it("a head is read whatever its case, and garbage is refused", () => {
    const { status, headers } = parseHead("HTTP/2 206\r\nContent-Range: bytes 1-2/3\r\nX:\r\nnonsense");
    assert.deepEqual(
      [status, [...headers]],
      [
        206,
        [
          ["content-range", "bytes 1-2/3"],
          ["x", ""],
        ],
      ],
    );
    for (const text of ["", "HTTP/1.1", "HTTP/1.1 OK", "ICY 200 OK"]) assert.throws(() => parseHead(text), /HTTP/);
  });
});
