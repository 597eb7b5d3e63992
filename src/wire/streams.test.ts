import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { decodeCriLogLine, encodeCriLogLine } from "./cri-log.ts";
import { dialPortForward } from "./port-forward/client.ts";
import { servePortForward } from "./port-forward/server.ts";
import { dialRemoteCommand, type RemoteCommand } from "./remote-command/client.ts";
import {
  type ExecOptions,
  type ExecResult,
  parseExecOptions,
  type TerminalSize,
} from "./remote-command/exec-streams.ts";
import { type ExecHandler, serveRemoteCommand } from "./remote-command/server.ts";
import { decodeStatus, encodeStatus } from "./remote-command/status.ts";
import { SpdySession } from "./spdy/session.ts";
import { UpgradeError } from "./upgrade.ts";

interface Listening extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

const ALL: ExecOptions = { stdin: true, stdout: true, stderr: true, tty: false };

async function listen(
  upgrade: (incoming: import("node:http").IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<Listening> {
  const server = createServer().on("upgrade", upgrade).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serveExec(handler: ExecHandler, options = ALL): Promise<Listening> {
  return listen((incoming, socket, head) => void serveRemoteCommand(incoming, socket, head, options, handler));
}

/** RBAC that grants `create` and not `get`. */
function postOnly(serve: Parameters<typeof listen>[0]): Parameters<typeof listen>[0] {
  return (incoming, socket, head) => {
    if (incoming.method === "POST") serve(incoming, socket, head);
    else socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\nConnection: close\r\n\r\ncannot get");
  };
}

/** Sends what it reads back, says "done" on stderr and exits with 3. */
const cat: ExecHandler = async ({ stdin, stdout, stderr, status }) => {
  for await (const chunk of stdin ?? []) stdout?.write(chunk);
  stderr?.write("done");
  status({ exitCode: 3 });
};

/** Gets its input, gives its outputs and tells its exit code. */
async function isCat(command: RemoteCommand): Promise<void> {
  assert.ok(command.stdin && command.stdout && command.stderr);
  const big = "x".repeat(300_000);
  command.stdin.end(big);
  assert.equal(await text(command.stdout), big);
  assert.equal(await text(command.stderr), "done");
  assert.deepEqual(await command.result, { exitCode: 3 });
}

test("a command over WebSocket gets its input, gives its outputs and tells its exit code", async () => {
  await using server = await serveExec(cat);
  const command = await dialRemoteCommand({ url: server.url }, ALL);
  await isCat(command);
});

test("terminal sizes arrive in order", async () => {
  const options = { ...ALL, stderr: false, tty: true };
  const sizes: TerminalSize[] = [];
  await using server = await serveExec(async ({ resize, status }) => {
    for await (const size of resize ?? []) if (sizes.push(size) === 2) break;
    status({ exitCode: 0 });
  }, options);
  const command = await dialRemoteCommand({ url: server.url }, options);
  command.resize({ width: 80, height: 24 });
  command.resize({ width: 120, height: 50 });
  assert.deepEqual(await command.result, { exitCode: 0 });
  assert.deepEqual(sizes, [
    { width: 80, height: 24 },
    { width: 120, height: 50 },
  ]);
});

test("a handler that throws is told as an error, a client that leaves as an abort", async () => {
  await using failing = await serveExec(async () => {
    throw new Error("no such container");
  });
  const command = await dialRemoteCommand({ url: failing.url }, ALL);
  assert.deepEqual(await command.result, { error: "no such container", reason: "InternalError", code: 500 });
  const left = Promise.withResolvers<void>();
  await using waiting = await serveExec(async ({ signal }) => {
    await once(signal, "abort");
    left.resolve();
  });
  (await dialRemoteCommand({ url: waiting.url }, ALL)).close();
  await left.promise;
});

test("a command over SPDY does the same", async () => {
  await using server = await serveExec(cat);
  const { session } = await dialSpdy(server.port, "v4.channel.k8s.io");
  const error = await session.open({ streamType: "error" });
  const stdin = await session.open({ streamType: "stdin" });
  const stdout = await session.open({ streamType: "stdout" });
  const stderr = await session.open({ streamType: "stderr" });
  stdin.end("hello");
  assert.equal(await text(stdout), "hello");
  assert.equal(await text(stderr), "done");
  assert.deepEqual(decodeStatus(await text(error)), { exitCode: 3 });
  await session.closed;
});

test("a terminal with standard error, and without sizes, is served, as kubelets count the streams", async () => {
  const options = { stdin: false, stdout: true, stderr: true, tty: true };
  await using server = await serveExec(async ({ stdout, status }) => {
    stdout?.write("hello");
    status({ exitCode: 0 });
  }, options);
  const { session } = await dialSpdy(server.port, "v4.channel.k8s.io");
  const error = await session.open({ streamType: "error" });
  const stdout = await session.open({ streamType: "stdout" });
  const stderr = await session.open({ streamType: "stderr" });
  assert.equal(await text(stdout), "hello");
  assert.equal(await text(stderr), "");
  assert.deepEqual(decodeStatus(await text(error)), { exitCode: 0 });
  await session.closed;
});

test("a server that grants create alone, a POST, is asked over SPDY: command, terminal and port", async () => {
  const tty = { ...ALL, stderr: false, tty: true };
  const sizes: TerminalSize[] = [];
  await using commands = await listen(
    postOnly((incoming, socket, head) => void serveRemoteCommand(incoming, socket, head, ALL, cat)),
  );
  await using terminals = await listen(
    postOnly((incoming, socket, head) => {
      void serveRemoteCommand(incoming, socket, head, tty, async ({ resize, status }) => {
        for await (const size of resize ?? []) if (sizes.push(size) === 1) break;
        status({ exitCode: 0 });
      });
    }),
  );
  await using ports = await listen(
    postOnly((incoming, socket, head) => void servePortForward(incoming, socket, head, async () => new PassThrough())),
  );
  const command = await dialRemoteCommand({ url: commands.url }, ALL);
  await isCat(command);
  command.close();

  const terminal = await dialRemoteCommand({ url: terminals.url }, tty);
  terminal.resize({ width: 80, height: 24 });
  assert.deepEqual(await terminal.result, { exitCode: 0 });
  assert.deepEqual(sizes, [{ width: 80, height: 24 }]);
  terminal.close();

  await using forward = await dialPortForward({ url: ports.url });
  const connection = await forward.connect(80);
  connection.end("hello");
  assert.equal(await text(connection), "hello");
});

test("a command that is lost over SPDY is told, and one that is aborted leaves its connection", async () => {
  const left = Promise.withResolvers<void>();
  await using server = await listen(
    postOnly((incoming, socket, head) => {
      void serveRemoteCommand(incoming, socket, head, ALL, async ({ stdout, signal }) => {
        stdout?.write("here");
        await once(signal, "abort");
        left.resolve();
      });
    }),
  );
  const caller = new AbortController();
  const command = await dialRemoteCommand({ url: server.url, signal: caller.signal }, ALL);
  assert.ok(command.stdout);
  await once(command.stdout, "data");
  caller.abort();
  await left.promise;
  assert.deepEqual(await command.result, { error: "the connection was lost before the command ended" });
  await assert.rejects(dialRemoteCommand({ url: server.url, signal: caller.signal }, ALL), /aborted/);
});

test("a port answers through the tunnel, a closed one is told by name", async () => {
  const target = createTcpServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  await using server = await listen((incoming, socket, head) => {
    void servePortForward(incoming, socket, head, async (wanted) => {
      if (wanted !== port) throw new Error("connection refused");
      const connection = connect(wanted, "127.0.0.1");
      await once(connection, "connect");
      return connection;
    });
  });
  await using forward = await dialPortForward({ url: server.url });
  const [one, two] = await Promise.all([forward.connect(port), forward.connect(port)]);
  const big = "x".repeat(500_000);
  one.end(big);
  two.end("two");
  assert.equal(await text(one), big);
  assert.equal(await text(two), "two");
  const refused = await forward.connect(1);
  const [error] = await once(refused, "error");
  assert.equal((error as Error).message, "error forwarding port 1: connection refused");
  target.close();
});

test("a port that answers without listening is heard, again and again", async () => {
  const target = createTcpServer((socket) => socket.end("bye")).listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  await using server = await listen((incoming, socket, head) => {
    void servePortForward(incoming, socket, head, async (wanted) => {
      const connection = connect(wanted, "127.0.0.1");
      await once(connection, "connect");
      return connection;
    });
  });
  await using forward = await dialPortForward({ url: server.url });
  for (let i = 0; i < 5; i++) {
    const connection = await forward.connect(port);
    connection.write("hello?");
    assert.equal(await text(connection), "bye");
    connection.end();
  }
  target.close();
});

test("an upgrade refused is an error with the answer's text", async () => {
  await using server = await listen((_incoming, socket) => {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope");
  });
  await assert.rejects(dialRemoteCommand({ url: server.url }, ALL), (error: unknown) => {
    assert.ok(error instanceof UpgradeError);
    assert.deepEqual([error.reason, error.status, error.body], ["refused", 403, "nope"]);
    return true;
  });
});

test("results survive a round trip and garbage is no result", () => {
  const results: ExecResult[] = [{ exitCode: 0 }, { exitCode: 137 }, { error: "gone", reason: "NotFound", code: 404 }];
  for (const result of results) assert.deepEqual(decodeStatus(encodeStatus(result)), result);
  for (const garbage of ["", "{", "null", "{}", '{"status":"Maybe"}']) assert.equal(decodeStatus(garbage), undefined);
});

test("stream options are read as the kubelet names them", () => {
  const parse = (query: string): ExecOptions => parseExecOptions(new URLSearchParams(query));
  assert.deepEqual(parse("input=1&output=1&error=1&tty=1"), { stdin: true, stdout: true, stderr: false, tty: true });
  assert.deepEqual(parse("output=1&error=1"), { stdin: false, stdout: true, stderr: true, tty: false });
});

test("log lines survive a round trip, and cut ones are none", () => {
  const line = "2026-01-02T03:04:05.678901234Z stdout F hello world\n";
  const decoded = decodeCriLogLine(line);
  assert.deepEqual(decoded, {
    time: "2026-01-02T03:04:05.678901234Z",
    stream: "stdout",
    final: true,
    text: "hello world",
  });
  assert.equal(
    encodeCriLogLine({ time: "2026-01-02T03:04:05.678901234Z", stream: "stdout", final: true, text: "hello world" }),
    line,
  );
  for (let cut = 0; cut < line.indexOf("F"); cut++) assert.equal(decodeCriLogLine(line.slice(0, cut)), undefined);
  assert.equal(decodeCriLogLine("garbage\n"), undefined);
});

function dialSpdy(port: number, protocol: string): Promise<{ session: SpdySession }> {
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol };
  const outgoing = request({ host: "127.0.0.1", port, method: "POST", headers, agent: false }).end();
  return new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("upgrade", (_response, socket, head) => {
      const session = new SpdySession(socket, { role: "client" });
      if (head.length > 0) session.receive(head);
      resolve({ session });
    });
  });
}
