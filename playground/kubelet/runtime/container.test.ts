import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { Runtime } from "./container.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const folder = mkdtempSync(join(tmpdir(), "container-test-"));
after(() => rmSync(folder, { recursive: true }));

/** A script of this name that notes how it was called, and then does `body`. */
function program(directory: string, name: string, body: string): string {
  const path = join(directory, `fake-${name}`);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> ${directory}/${name}.calls\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A runtime between programs of the test: a conmon that says `answer`, and a runc. */
function between({ conmon = `echo '{"pid": ${process.pid}}' >&3`, runc = "exit 0" } = {}) {
  const directory = mkdtempSync(join(folder, "r-"));
  const exited: string[] = [];
  const options = {
    directory,
    runtime: program(directory, "runc", runc),
    conmon: program(directory, "conmon", conmon),
  };
  const runtime = new Runtime(options, (id) => exited.push(id));
  mkdirSync(runtime.bundle("c1"), { recursive: true });
  const calls = (name: string): string[] => {
    const path = join(directory, `${name}.calls`);
    return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  };
  const start = (own = {}) =>
    runtime.start(ctx, {
      ...{ id: "c1", name: "main", spec: { process: {} }, logPath: "/log", tty: false, stdin: false, stdinOnce: false },
      ...own,
    });
  return { directory, runtime, exited, calls, start };
}

test("a container is created by conmon and started by runc, in that order", async () => {
  const { directory, runtime, calls, start } = between();
  assert.equal(await start({ tty: true, stdin: true }), process.pid);
  const [created = ""] = calls("conmon");
  assert.match(
    created,
    new RegExp(`^-b ${runtime.bundle("c1")} -c c1 -u c1 -n main -l /log --exit-dir ${directory}/exits `),
  );
  assert.match(created, /--no-sync-log -t -i --leave-stdin-open$/);
  assert.deepEqual(calls("runc"), [`--root ${directory}/runc start c1`]);
  assert.deepEqual(JSON.parse(readFileSync(join(runtime.bundle("c1"), "config.json"), "utf8")), { process: {} });
  runtime[Symbol.dispose]();
});

const answering = (answer: string): string => `printf '%s\\n' '${answer}' >&3`;

for (const [what, conmon, message] of [
  [
    "says why, in runc's log lines",
    answering(JSON.stringify({ pid: -1, message: 'time="x" level=error msg="no such \\"file\\""' })),
    'create container "main": no such "file"',
  ],
  ["says why plainly", answering('{"pid": -1, "message": "no"}'), 'create container "main": no'],
  ["cannot be understood", answering("pid 7"), 'create container "main": conmon answered "pid 7"'],
  ["says nothing", "exit 1", 'create container "main": conmon ended without an answer'],
] as const) {
  test(`a conmon that ${what} is not taken for a container`, async () => {
    const { runtime, calls, start } = between({ conmon });
    await assert.rejects(start(), { name: "RuntimeError", message });
    assert.deepEqual(calls("runc"), []);
    runtime[Symbol.dispose]();
  });
}

test("what was created and does not start is removed again", async () => {
  const runc = `case "$*" in *start*) echo 'level=error msg="exec: not found"' >&2; exit 1;; esac`;
  const { directory, runtime, calls, start } = between({ runc });
  await assert.rejects(start(), { message: 'start container "main": exec: not found' });
  assert.deepEqual(calls("runc"), [`--root ${directory}/runc start c1`, `--root ${directory}/runc delete --force c1`]);
  assert.deepEqual(runtime.list(), []);
  runtime[Symbol.dispose]();
});

test("an exit is noticed and read, with whether memory ran out", async () => {
  const { directory, runtime, exited } = between();
  assert.equal(runtime.findExit("c1"), undefined);
  writeFileSync(join(directory, "exits", "c1"), "137");
  while (!exited.includes("c1")) await new Promise(setImmediate);
  const exit = runtime.findExit("c1");
  assert.deepEqual([exit?.code, exit?.outOfMemory], [137, false]);
  assert.match(exit?.finishedAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  writeFileSync(join(runtime.bundle("c1"), "oom"), "");
  assert.equal(runtime.findExit("c1")?.outOfMemory, true);
  await runtime.remove("c1");
  assert.deepEqual([runtime.findExit("c1"), runtime.list()], [undefined, []]);
  runtime[Symbol.dispose]();
});

test("a signal that cannot be sent is an error only while the container lives", async () => {
  const { directory, runtime, calls } = between({ runc: "exit 1" });
  const pidfile = join(runtime.bundle("c1"), "pidfile");
  await runtime.signal(ctx, "c1", "SIGTERM");
  assert.deepEqual(calls("runc"), [`--root ${directory}/runc kill c1 SIGTERM`]);
  writeFileSync(pidfile, "999999999");
  assert.equal(runtime.isAlive("c1"), false);
  await runtime.signal(ctx, "c1", "SIGTERM");
  writeFileSync(pidfile, String(process.pid));
  assert.equal(runtime.isAlive("c1"), true);
  await assert.rejects(runtime.signal(ctx, "c1", "SIGTERM"), /exited with 1/);
  writeFileSync(join(directory, "exits", "c1"), "0");
  await runtime.signal(ctx, "c1", "SIGTERM");
  runtime[Symbol.dispose]();
});

test("the command lines for one more process, and what tells conmon a terminal's size", () => {
  const { directory, runtime } = between();
  const plain = runtime.execCommand("c1", "/p.json", { tty: false, pidFile: "/pid" });
  assert.deepEqual(plain.slice(1), [
    "--root",
    `${directory}/runc`,
    "exec",
    "--pid-file",
    "/pid",
    "--process",
    "/p.json",
    "c1",
  ]);
  assert.ok(runtime.execCommand("c1", "/p.json", { tty: true, pidFile: "/pid" }).includes("--tty"));
  assert.equal(runtime.attachCommand("c1").at(-1), runtime.bundle("c1"));
  runtime.resize("c1", 24, 80);
  runtime.resize("c1", 25, 81);
  assert.equal(readFileSync(join(runtime.bundle("c1"), "ctl"), "utf8"), "1 24 80\n1 25 81\n");
  runtime[Symbol.dispose]();
});
