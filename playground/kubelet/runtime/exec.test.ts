import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { execToEnd, startExec } from "./exec.ts";
import { FakeRuntime } from "./testing/fake-runtime.ts";

const directory = mkdtempSync(join(tmpdir(), "exec-test-"));
after(() => rmSync(directory, { recursive: true }));

const clock = steppedClock();
const runtime = new FakeRuntime(clock).open(directory, () => undefined);
mkdirSync(runtime.bundle("c"), { recursive: true });
writeFileSync(join(runtime.bundle("c"), "config.json"), JSON.stringify({ process: { env: ["A=b"], cwd: "/" } }));
const sh = (script: string) => execToEnd({ runtime, clock }, "c", ["sh", "-c", script], 1_000);

test("a command's exit code and both its streams are told, and its files are gone", async () => {
  assert.deepEqual(await sh("echo out; echo err >&2; exit 3"), { code: 3, output: "out\nerr\n", timedOut: false });
  assert.deepEqual(readdirSync(runtime.bundle("c")), ["config.json"]);
});

test("of a long output 10 KiB are kept", async () => {
  assert.equal((await sh("head -c 30000 /dev/zero | tr '\\0' x")).output.length, 10_240);
});

test("a command that takes too long is killed, also when what it has started lives on", async () => {
  const file = join(directory, "pid");
  const ended = sh(`sleep 5 & echo $! > ${file}; wait`);
  const begun = (): boolean => existsSync(file) && readFileSync(file, "utf8").endsWith("\n");
  while (!begun()) await new Promise(setImmediate);
  clock.step(1_000);
  assert.deepEqual(await ended, { code: 137, output: "", timedOut: true });
  // Throws when it has ended: then its end was waited for.
  process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
});

test("the process of a command is the container's own, with its arguments; with a terminal it knows which", () => {
  for (const [tty, env] of [
    [false, ["A=b"]],
    [true, ["A=b", "TERM=xterm"]],
  ] as const) {
    let seen: unknown;
    const spy = {
      ...runtime,
      execCommand: (_id: string, file: string) => {
        seen = JSON.parse(readFileSync(file, "utf8"));
        return ["true"];
      },
    };
    startExec(spy, "c", ["ls", "-l"], tty).child.on("error", () => undefined);
    assert.deepEqual(seen, { env, cwd: "/", args: ["ls", "-l"], terminal: tty });
  }
});
