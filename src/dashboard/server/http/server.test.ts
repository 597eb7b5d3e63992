/** Who may ask the dashboard's server, and who may not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { failure } from "#machinery/status-error.ts";
import { answerJson } from "./answers.ts";
import { type HttpOptions, type HttpServer, startHttpServer } from "./server.ts";
import { readStaticFiles } from "./static.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const SECRET = "Bearer very-secret";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let folder: string;
let server: HttpServer;
let port: number;
let cookie: string;
let acted: string[];

before(() => {
  folder = mkdtempSync(join(tmpdir(), "liqo-dashboard-"));
  mkdirSync(join(folder, "page"));
  writeFileSync(join(folder, "page", "index.html"), "<!doctype html>the page");
  writeFileSync(join(folder, "page", "app.js"), "export {}");
  writeFileSync(join(folder, "page", "app.js.map"), "the sources");
  writeFileSync(join(folder, "secret.html"), "not the page's");
  symlinkSync("/etc", join(folder, "page", "etc.js"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: Partial<HttpOptions> = {}): Promise<void> {
  server = await startHttpServer(ctx, {
    ...{ address: "127.0.0.1", port: 0, allowedHosts: [], usesToken: true, upgrades: {} },
    files: readStaticFiles(join(folder, "page")),
    handlers: {
      "GET /api/about": async (_ctx, _request, response) => answerJson(response, { version: "v0" }),
      "POST /api/actions": async (_ctx, { body }, response) => {
        acted.push(await body());
        answerJson(response, { done: true });
      },
      "GET /api/broken": async () => {
        throw new Error(`request with ${SECRET} failed`);
      },
      "GET /api/refused": async () => {
        throw failure(403, "Forbidden", "pods is forbidden");
      },
      "GET /api/unauthorized": async () => {
        throw failure(401, "Unauthorized", "Unauthorized");
      },
    },
    ...options,
  });
  port = Number(new URL(server.url).port);
}

const pathOf = (url: string): string => url.slice(new URL(url).origin.length);

/** Sent as it is: a browser would never ask so. */
function ask(path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const asked = (path: string, options: Asked = {}) =>
  ask(path, { ...options, headers: { Cookie: cookie, ...options.headers } });
const json = { "Content-Type": "application/json" };

describe("the dashboard's server", () => {
  beforeEach(async () => {
    acted = [];
    await start();
    const { headers } = await ask(pathOf(server.url));
    cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  });
  afterEach(() => server?.[Symbol.asyncDispose]());

  describe("who may ask", () => {
    test("the token is good for one browser", async () => {
      assert.match(cookie, /^liqo-dashboard-\d+=[\w-]{43}$/);
      assert.equal((await asked("/api/about")).status, 200);
      const again = await ask(pathOf(server.url));
      assert.deepEqual([again.status, again.headers["set-cookie"]], [303, undefined]);
    });

    test("the cookie is for this page alone", async () => {
      await server[Symbol.asyncDispose]();
      await start();
      const { status, headers } = await ask(pathOf(server.url));
      assert.deepEqual([status, headers.location], [303, "/"]);
      assert.match(headers["set-cookie"]?.[0] ?? "", /; Path=\/; HttpOnly; SameSite=Strict$/);
    });

    for (const [what, path, headers] of [
      ["without a cookie", "/api/about", {}],
      ["with somebody else's cookie", "/api/about", { Cookie: "liqo-dashboard-1=abc" }],
      ["with a part of it", "/api/about", { Cookie: "COOKIE-CUT" }],
      ["with a token in place of it", "/api/about?token=x", {}],
    ] as const) {
      test(`${what} nothing is told`, async () => {
        const cut = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, value.replace("COOKIE-CUT", cookie.slice(0, -1))]),
        );
        const { status, body } = await ask(path, { headers: cut });
        assert.equal(status, 401);
        assert.doesNotMatch(body, /version/);
      });
    }

    test("a wrong token gives no cookie, however often it is tried, and leaves the right one as it is", async () => {
      await server[Symbol.asyncDispose]();
      await start();
      for (const token of ["", "a", "A".repeat(43), "%00"])
        assert.equal((await ask(`/?token=${token}`)).headers["set-cookie"], undefined);
      assert.equal((await ask(pathOf(server.url), { method: "HEAD" })).headers["set-cookie"], undefined);
      assert.equal((await ask(pathOf(server.url))).headers["set-cookie"]?.length, 1);
    });

    for (const host of [
      "evil.example",
      "evil.example:PORT",
      "127.0.0.1",
      "127.0.0.1:1",
      "127.0.0.1.evil.example:PORT",
      "localhost:PORT.evil",
    ]) {
      test(`asked as ${host} it answers nothing: a name may lead here`, async () => {
        for (const path of ["/", "/api/about"]) {
          const { status, body } = await asked(path, { headers: { Host: host.replace("PORT", String(port)) } });
          assert.ok(status === 403 || status === 400, `${path}: ${status}`);
          assert.doesNotMatch(body, /version|the page/);
        }
      });
    }

    for (const host of ["localhost:PORT", "LocalHost:PORT", "[::1]:PORT", "127.0.0.1:PORT"]) {
      test(`asked as ${host} it answers`, async () => {
        assert.equal(
          (await asked("/api/about", { headers: { Host: host.replace("PORT", String(port)) } })).status,
          200,
        );
      });
    }

    for (const [what, headers] of [
      ["a page of another site", { Origin: "https://evil.example" }],
      ["a page of another port", { Origin: "http://127.0.0.1:1" }],
      ["a page without a site", { Origin: "null" }],
      ["what a browser calls cross-site", { "Sec-Fetch-Site": "cross-site" }],
      ["what a browser calls same-site", { "Sec-Fetch-Site": "same-site" }],
    ] as const) {
      test(`${what} may neither ask nor act`, async () => {
        assert.equal((await asked("/api/about", { headers })).status, 403);
        const sent = await asked("/api/actions", { method: "POST", headers: { ...json, ...headers }, body: "{}" });
        assert.deepEqual([sent.status, acted], [403, []]);
      });
    }

    test("an address that was typed may ask, and not act", async () => {
      const headers = { "Sec-Fetch-Site": "none" };
      assert.equal((await asked("/api/about", { headers })).status, 200);
      assert.equal(
        (await asked("/api/actions", { method: "POST", headers: { ...json, ...headers }, body: "{}" })).status,
        403,
      );
    });

    test("its own page acts", async () => {
      const headers = { ...json, Origin: `http://127.0.0.1:${port}`, "Sec-Fetch-Site": "same-origin" };
      const { status } = await asked("/api/actions", { method: "POST", headers, body: '{"a":1}' });
      assert.deepEqual([status, acted], [200, ['{"a":1}']]);
    });

    test("behind a proxy the name that it is called by counts, and no token is needed", async () => {
      await server[Symbol.asyncDispose]();
      await start({ usesToken: false, allowedHosts: ["liqo.example.org"] });
      assert.equal(new URL(server.url).search, "");
      const headers = { Host: "liqo.example.org" };
      assert.equal((await ask("/api/about", { headers })).status, 200);
      assert.equal(
        (await ask("/api/about", { headers: { ...headers, Origin: "https://liqo.example.org" } })).status,
        200,
      );
      assert.equal((await ask("/api/about", { headers: { ...headers, Origin: "https://evil.example" } })).status, 403);
      assert.equal((await ask("/api/about", { headers: { Host: "evil.example" } })).status, 403);
    });
  });

  describe("what may be asked", () => {
    for (const [path, status] of [
      ["/", 200],
      ["/app.js", 200],
      ["/pod/milan/shop/web-1", 404],
      ["/secret.html", 404],
      ["/../secret.html", 404],
      ["/%2e%2e/secret.html", 404],
      ["/..%2fsecret.html", 404],
      ["/app.js.map", 404],
      ["/etc.js", 404],
      ["/etc.js/passwd.html", 404],
      ["//evil.example/app.js", 404],
      ["/__proto__.js", 404],
      ["http://evil.example/", 400],
      [`/${"a".repeat(9_000)}`, 400],
    ] as const) {
      test(`GET ${path.slice(0, 40)}: ${status}`, async () => {
        const answer = await asked(path);
        assert.equal(answer.status, status);
        assert.doesNotMatch(answer.body, /not the page's|root:|the sources/);
      });
    }

    for (const [method, path, status] of [
      ["POST", "/", 405],
      ["PUT", "/app.js", 405],
      ["POST", "/api/about", 405],
      ["DELETE", "/api/about", 405],
      ["OPTIONS", "/api/actions", 405],
      ["HEAD", "/api/about", 405],
      ["GET", "/api/actions", 405],
      ["GET", "/api/nothing", 404],
      ["GET", "/api/__proto__", 404],
      ["GET", "/api/constructor", 404],
      ["TRACE", "/", 405],
    ] as const) {
      test(`${method} ${path}: ${status}`, async () => {
        assert.equal((await asked(path, { method })).status, status);
      });
    }

    test("a body is bounded, and has to be JSON by its type", async () => {
      const long = JSON.stringify("x".repeat(70_000));
      const sent = await asked("/api/actions", { method: "POST", headers: json, body: long }).catch(
        (error: unknown) => error,
      );
      // The server hangs up on whoever goes on sending.
      assert.ok(sent instanceof Error || (sent as Answer).status === 413);
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
        assert.equal(
          (await asked("/api/actions", { method: "POST", headers: { "Content-Type": type }, body: "{}" })).status,
          415,
        );
      assert.deepEqual(acted, []);
    });

    test("a body whose end does not come is not waited for, once the server ends", async () => {
      const sent = request({
        host: "127.0.0.1",
        port,
        path: "/api/actions",
        method: "POST",
        headers: { Cookie: cookie, ...json, "Content-Length": 100 },
      });
      const ended = once(sent, "error");
      sent.write("{");
      await asked("/api/about");
      await server[Symbol.asyncDispose]();
      await ended;
      assert.deepEqual(acted, []);
    });
  });

  describe("what answers say", () => {
    test("every answer forbids what a page could be made to do", async () => {
      for (const path of ["/", "/api/about", "/api/nothing"]) {
        const { headers } = await asked(path);
        assert.equal(
          headers["content-security-policy"],
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        );
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["referrer-policy"], "no-referrer");
        assert.equal(headers["cache-control"], "no-store");
        assert.equal(headers["access-control-allow-origin"], undefined);
      }
    });

    test("what went wrong here is told without its words", async () => {
      const { status, body } = await asked("/api/broken");
      assert.equal(status, 500);
      assert.doesNotMatch(body, /secret/);
    });

    test("what a cluster refuses is told in its words; that it does not know this process is not the page's fault", async () => {
      const refused = await asked("/api/refused");
      assert.deepEqual([refused.status, JSON.parse(refused.body).error], [403, "pods is forbidden"]);
      assert.equal((await asked("/api/unauthorized")).status, 502);
    });
  });
});
