/** Who may open a shell, what goes through it, and how it ends. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WebSocket } from "ws";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { type ExecStreams, parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { serveRemoteCommand } from "#wire/remote-command/server.ts";
import { refuseUpgrade } from "#wire/upgrade.ts";
import { SHELL_PROTOCOL, type ShellSaid, type ShellTold } from "../../model/protocol.ts";
import { parseItemKey } from "../http/query.ts";
import { type HttpServer, startHttpServer } from "../http/server.ts";
import { HANG_UP_MS, PING_MS } from "./session.ts";
import { MOST_SHELLS, refuseShell, Shells } from "./shells.ts";

const KEY = "pod/milan/shop/web-1";
const QUERY = `key=${encodeURIComponent(KEY)}&container=web`;
const UNREAD_BYTES = 300 * 1024;
const forbidden = { kind: "Status", status: "Failure", message: "pods is forbidden", reason: "Forbidden", code: 403 };

let stack: AsyncDisposableStack;
let ctx: Context;
let clock: SteppedClock;
let server: HttpServer;
let cookie: string;
let notes: string[];
/** What the pod does; its paths. */
let run: (streams: ExecStreams) => Promise<void>;
let asked: URL[];

/** An API server that knows pods named `web-…` alone. */
async function startApi(): Promise<string> {
  const api = createServer();
  api.on("upgrade", (request: IncomingMessage, socket, head: Buffer) => {
    const url = new URL(request.url ?? "", "http://api");
    if (!url.pathname.includes("/pods/web-")) return refuseUpgrade(socket, "403 Forbidden", JSON.stringify(forbidden));
    asked.push(url);
    void serveRemoteCommand(request, socket, head, parseExecOptions(url.searchParams), (streams) => run(streams));
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  stack.defer(() => {
    api.close();
    api.closeAllConnections();
  });
  return `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
}

async function start({ isAllowed = true } = {}): Promise<void> {
  stack = new AsyncDisposableStack();
  const cancellable = withCancel({ signal: new AbortController().signal, log: silentLogger });
  ctx = cancellable.ctx;
  stack.defer(cancellable.cancel);
  clock = steppedClock();
  [notes, asked] = [[], []];
  const client = stack.use(new KubeClient({ server: await startApi(), token: "secret" }, "test"));
  const find = (key: string) => {
    const parsed = parseItemKey(key);
    assert.ok(parsed !== undefined);
    return { parsed, key: { namespace: parsed.namespace, name: parsed.name }, client };
  };
  const shells = new Shells(ctx, { find, told: (key, text) => notes.push(`${key}: ${text}`), clock });
  server = stack.use(
    await startHttpServer(ctx, {
      ...{ address: "127.0.0.1", port: 0, allowedHosts: [], usesToken: true, files: new Map() },
      handlers: { "GET /api/shell": isAllowed ? shells.plan : refuseShell },
      upgrades: { "/api/shell": isAllowed ? shells.upgrade : refuseShell },
    }),
  );
  stack.use(shells);
  const { headers } = await fetch(server.url, { redirect: "manual" });
  cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
}

const originOf = (): string => new URL(server.url).origin;

interface Terminal {
  readonly socket: WebSocket;
  readonly shown: () => string;
  readonly told: ShellTold[];
  readonly type: (text: string) => void;
  readonly say: (said: ShellSaid) => void;
  /** Resolves as soon as something came that makes it so. */
  readonly until: (isSo: () => boolean) => Promise<void>;
  readonly closed: Promise<number>;
}

interface Opening {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly protocols?: readonly string[];
  readonly reads?: boolean;
}

/** Rejects with the status and the text of a refusal. */
async function open({
  headers = {},
  query = QUERY,
  protocols = [SHELL_PROTOCOL],
  reads = true,
}: Opening = {}): Promise<Terminal> {
  const url = `${originOf().replace("http", "ws")}/api/shell?${query}`;
  const socket = new WebSocket(url, [...protocols], { headers: { Cookie: cookie, Origin: originOf(), ...headers } });
  const chunks: Buffer[] = [];
  const told: ShellTold[] = [];
  let wake = (): void => undefined;
  socket.on("message", (message: Buffer, isBinary: boolean) => {
    if (isBinary) chunks.push(message);
    else told.push(JSON.parse(message.toString()) as ShellTold);
    if (isBinary && reads) socket.send(JSON.stringify({ is: "read", bytes: message.length }));
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.once("close", (code) => resolve(code)));
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", async (_request, response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      reject(new Error(`${response.statusCode} ${response.headers["x-content-type-options"]} ${text}`));
    });
  });
  return {
    ...{ socket, told, until, closed },
    shown: () => Buffer.concat(chunks).toString(),
    type: (text) => socket.send(Buffer.from(text)),
    say: (said) => socket.send(JSON.stringify(said)),
  };
}

/** A pod that says what it reads, and ends with the number that stands after `exit`. */
async function echo({ stdin, stdout, status }: ExecStreams): Promise<void> {
  for await (const chunk of stdin ?? []) {
    const [, code] = /^exit (\d+)/.exec(String(chunk)) ?? [];
    if (code !== undefined) return status({ exitCode: Number(code) });
    stdout?.write(`<${String(chunk)}>`);
  }
}

/** Lets time pass until then. */
async function passing(then: Promise<void>, stepMs: number): Promise<void> {
  let isOver = false;
  void then.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    clock.step(stepMs);
    await setImmediate();
  }
  await then;
}

describe("a shell of the dashboard", () => {
  beforeEach(async () => {
    run = echo;
    await start();
  });
  afterEach(() => passing(stack[Symbol.asyncDispose](), HANG_UP_MS));

  test("carries what is typed and shown, and tells how it ended", async () => {
    const shell = await open();
    shell.type("hello");
    await shell.until(() => shell.shown() === "<hello>");
    shell.type("exit 3");
    assert.equal(await shell.closed, 1000);
    assert.deepEqual(shell.told, [{ is: "open" }, { is: "ended", exitCode: 3 }]);
    const [url] = asked;
    assert.equal(url?.pathname, "/api/v1/namespaces/shop/pods/web-1/exec");
    assert.deepEqual(
      ["container", "stdin", "stdout", "stderr", "tty"].map((name) => url?.searchParams.get(name)),
      ["web", "true", "true", "false", "true"],
    );
    assert.deepEqual(url?.searchParams.getAll("command").slice(0, 2), ["/bin/sh", "-c"]);
  });

  test("history has that it was opened, and nothing that was typed", async () => {
    const shell = await open();
    shell.type("password");
    await shell.until(() => shell.shown() === "<password>");
    assert.deepEqual(notes, [`${KEY}: a shell was opened in container web`]);
  });

  test("says the command that does the same", async () => {
    const answer = await fetch(`${originOf()}/api/shell?${QUERY}`, { headers: { cookie } });
    const { command } = (await answer.json()) as { command: string };
    assert.match(command, /^kubectl --context milan -n shop exec -it web-1 -c web -- \/bin\/sh -c '.*exec sh'$/);
  });

  test("tells the pod each size of the terminal", async () => {
    run = async ({ resize, stdout, status }) => {
      let sizes = 0;
      for await (const { width, height } of resize ?? []) {
        stdout?.write(`${width}x${height} `);
        sizes += 1;
        if (sizes === 2) return status({ exitCode: 0 });
      }
    };
    const shell = await open();
    shell.say({ is: "size", columns: 80, rows: 24 });
    await shell.until(() => shell.shown() === "80x24 ");
    shell.say({ is: "size", columns: 100, rows: 30 });
    await shell.closed;
    assert.equal(shell.shown(), "80x24 100x30 ");
  });

  test("hangs up when the page goes: interrupts what runs, and ends the shell's input", async () => {
    const gone = Promise.withResolvers<void>();
    let typed = "";
    run = async ({ stdin, signal, status }) => {
      signal.addEventListener("abort", () => gone.resolve(), { once: true });
      for await (const chunk of stdin ?? []) {
        typed += String(chunk);
        if (typed.includes("\x04")) return status({ exitCode: 0 });
      }
    };
    const shell = await open();
    await shell.until(() => shell.told.length > 0);
    shell.socket.terminate();
    await passing(gone.promise, HANG_UP_MS);
    assert.ok(typed.startsWith("\x03\x04"), JSON.stringify(typed));
  });

  test("ends the connection of a command that does not end", async () => {
    const gone = Promise.withResolvers<void>();
    run = async ({ signal }) => {
      await once(signal, "abort");
      gone.resolve();
    };
    const shell = await open();
    await shell.until(() => shell.told.length > 0);
    shell.socket.terminate();
    await passing(gone.promise, HANG_UP_MS);
  });

  test("ends the command when the page does not answer any more", async () => {
    const gone = Promise.withResolvers<void>();
    run = async ({ signal }) => {
      await once(signal, "abort");
      gone.resolve();
    };
    const shell = await open();
    await shell.until(() => shell.told.length > 0);
    const pinged = once(shell.socket, "ping");
    clock.step(PING_MS);
    await pinged;
    // The answer to that one came; those to the next ones do not.
    shell.socket.pause();
    await passing(gone.promise, PING_MS);
  });

  test("tells why it ends when the dashboard does", async () => {
    const shell = await open();
    await shell.until(() => shell.told.length > 0);
    await passing(stack[Symbol.asyncDispose](), HANG_UP_MS);
    await shell.closed;
    assert.deepEqual(shell.told.at(-1), { is: "failed", message: "the dashboard was ended" });
  });

  test("tells what the API server refuses in its words", async () => {
    const shell = await open({ query: QUERY.replace("web-1", "db-1") });
    await shell.closed;
    assert.deepEqual(shell.told, [{ is: "failed", message: "pods is forbidden" }]);
    assert.deepEqual(notes, []);
  });

  test("tells when the connection to the pod breaks", async () => {
    run = async ({ stdout, status }) => {
      stdout?.write("half");
      status({ error: "the node is gone" });
    };
    const shell = await open();
    await shell.closed;
    assert.deepEqual(shell.told.at(-1), { is: "failed", message: "the node is gone" });
  });

  test("does not read the pod while the page does not draw", async () => {
    let written = 0;
    run = async ({ stdout, status }) => {
      for (let chunk = 0; chunk < 200; chunk++) {
        written += 16 * 1024;
        if (stdout?.write(Buffer.alloc(16 * 1024)) === false) await once(stdout, "drain");
      }
      status({ exitCode: 0 });
    };
    const shell = await open({ reads: false });
    await shell.until(() => shell.shown().length >= 256 * 1024);
    // Messages that were on their way would come before the answer to this.
    shell.socket.ping();
    await once(shell.socket, "pong");
    assert.ok(shell.shown().length < UNREAD_BYTES, `${shell.shown().length} bytes`);
    let read = shell.shown().length;
    shell.say({ is: "read", bytes: read });
    while (shell.socket.readyState === shell.socket.OPEN) {
      await shell.until(() => shell.shown().length > read || shell.told.length > 1);
      if (shell.told.length > 1) break;
      shell.say({ is: "read", bytes: shell.shown().length - read });
      read = shell.shown().length;
    }
    assert.equal(shell.shown().length, written);
    assert.deepEqual(shell.told.at(-1), { is: "ended", exitCode: 0 });
  });

  test("cuts off who types what no program reads", async () => {
    run = async ({ signal }) => void (await once(signal, "abort"));
    const shell = await open();
    for (let piece = 0; piece < 200 && shell.socket.readyState === shell.socket.OPEN; piece++)
      await new Promise<void>((resolve) => shell.socket.send(Buffer.alloc(60 * 1024), () => resolve()));
    await shell.closed;
    assert.match(JSON.stringify(shell.told.at(-1)), /bytes were typed that no program reads/);
  });

  for (const said of [
    "",
    "{",
    "null",
    '{"is":"size","columns":0,"rows":5}',
    '{"is":"read","bytes":-1}',
    "x".repeat(999),
  ])
    test(`ends where the page says ${said.slice(0, 40)}`, async () => {
      const shell = await open();
      await shell.until(() => shell.told.length > 0);
      shell.socket.send(said);
      await shell.closed;
      assert.deepEqual(shell.told.at(-1), { is: "failed", message: "the page said what is no part of the protocol" });
    });

  test("a message that is too long ends it", async () => {
    const shell = await open();
    shell.type("x".repeat(70_000));
    assert.equal(await shell.closed, 1009);
  });

  test("there are only so many at once, and one that is closed makes room", async () => {
    const all = await Promise.all(Array.from({ length: MOST_SHELLS }, () => open()));
    await Promise.all(all.map((shell) => shell.until(() => shell.told.length > 0)));
    const tooMany = await open();
    await tooMany.closed;
    assert.deepEqual(tooMany.told, [{ is: "failed", message: "8 shells are open already: close one of them" }]);
    all[0]?.type("exit 0");
    await all[0]?.closed;
    const next = await open();
    await next.until(() => next.told.length > 0);
    assert.deepEqual(next.told, [{ is: "open" }]);
  });

  for (const [what, opening, refusal] of [
    ["without a cookie", { headers: { Cookie: "" } }, /^401 nosniff .*who you are is not known/],
    ["from a page of another site", { headers: { Origin: "https://evil.example" } }, /^403 nosniff/],
    ["from a page of another port", { headers: { Origin: "http://127.0.0.1:1" } }, /^403 .*another page may not ask/],
    ["from a page without a site", { headers: { Origin: "null" } }, /^403/],
    ["from what tells no origin", { headers: { Origin: "" } }, /^403/],
    ["from what a browser calls cross-site", { headers: { "Sec-Fetch-Site": "cross-site" } }, /^403/],
    [
      "under another name",
      { headers: { Host: "evil.example", Origin: "http://evil.example" } },
      /^403 .*not called so/,
    ],
    ["in another protocol", { protocols: ["v5.channel.k8s.io"] }, /^400 .*a shell speaks shell\.liqo\.io/],
    ["in what is no pod", { query: "key=node/milan//worker-1&container=web" }, /^400 .*only pods have shells/],
    ["in what is no item", { query: "key=x&container=web" }, /^400/],
    ["in what is no container", { query: `key=${encodeURIComponent(KEY)}` }, /^400 .*container must be a name/],
  ] as const)
    test(`nobody opens one ${what}`, async () => {
      await assert.rejects(open(opening), (error: Error) => refusal.test(error.message));
      assert.deepEqual(asked, []);
    });

  test("other paths are no connections", async () => {
    const url = `${originOf().replace("http", "ws")}/api/about`;
    const socket = new WebSocket(url, [SHELL_PROTOCOL], { headers: { Cookie: cookie, Origin: originOf() } });
    const [error] = (await once(socket, "error")) as [Error];
    assert.match(error.message, /400/);
  });

  test("without --shell there are none, and it says so", async () => {
    await stack[Symbol.asyncDispose]();
    await start({ isAllowed: false });
    await assert.rejects(open(), /^Error: 403 nosniff .*opens no shells.*liqoctl dashboard --shell/);
    const answer = await fetch(`${originOf()}/api/shell?${QUERY}`, { headers: { cookie } });
    assert.equal(answer.status, 403);
    // Nothing is told to who is not let in, either.
    await assert.rejects(open({ headers: { Cookie: "" } }), /^Error: 401/);
  });
});
