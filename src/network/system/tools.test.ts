import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { BATCH, failed, fakeMachine } from "../testing/fake-machine.ts";
import { ipBatch, runJson, systemTools } from "./tools.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

test("a tool gets its arguments and its input, behind the prefix", async () => {
  assert.equal(await systemTools().run(ctx, ["printf", "%s|", "a b", "$HOME"]), "a b|$HOME|");
  assert.equal(await systemTools(["env", "LC_TEST=yes"]).run(ctx, ["sh", "-c", "echo $LC_TEST; cat"], "in"), "yes\nin");
});

test("a tool that fails says how", async () => {
  await assert.rejects(systemTools().run(ctx, ["sh", "-c", "echo why >&2; exit 3"]), {
    name: "RunError",
    exitCode: 3,
    stderr: "why\n",
  });
  await assert.rejects(systemTools().run(ctx, ["no-such-tool"]), { name: "RunError", exitCode: undefined });
});

test("a tool ends with the context", async () => {
  const controller = new AbortController();
  const running = systemTools().run({ signal: controller.signal, log: silentLogger }, ["sleep", "60"]);
  controller.abort();
  await assert.rejects(running, { name: "RunError" });
});

test("a process that goes on is read while it runs, and ended", async () => {
  const process = systemTools().start(["sh", "-c", 'echo "$WORD"; exec sleep 60'], { WORD: "hello" });
  const [data] = (await once(process.stdout, "data")) as [Buffer];
  assert.equal(data.toString(), "hello\n");
  assert.equal(process.isRunning, true);
  process.kill("SIGKILL");
  await process.ended;
  assert.equal(process.isRunning, false);
});

test("a process behind a prefix ends by itself", async () => {
  const process = systemTools(["env", "A=1"]).start(["sh", "-c", "echo $A; echo $A >&2"]);
  assert.deepEqual(await Promise.all([text(process.stdout), text(process.stderr)]), ["1\n", "1\n"]);
  await process.ended;
  assert.equal(process.isRunning, false);
});

test("a process that cannot be started has ended", async () => {
  const process = systemTools().start(["no-such-tool"]);
  await process.ended;
  assert.equal(process.isRunning, false);
});

test("JSON is parsed; iproute2 prints nothing for an empty list", async () => {
  using machine = fakeMachine({ "ip -json a": '[{"x":1}]\n', "ip -json b": "\n", "ip -json c": "[{" });
  assert.deepEqual(await runJson(ctx, machine.tools, ["ip", "-json", "a"]), [{ x: 1 }]);
  assert.deepEqual(await runJson(ctx, machine.tools, ["ip", "-json", "b"]), []);
  await assert.rejects(runJson(ctx, machine.tools, ["ip", "-json", "c"]), SyntaxError);
});

test("lines are one batch, of which those that failed are told", async () => {
  using machine = fakeMachine();
  assert.deepEqual(await ipBatch(ctx, machine.tools, []), []);
  assert.deepEqual(machine.calls, []);
  assert.deepEqual(await ipBatch(ctx, machine.tools, ["link add a", "link add b"]), []);
  assert.deepEqual(machine.calls, [{ command: BATCH, input: "link add a\nlink add b\n" }]);
  machine.answers[BATCH] = failed("RTNETLINK answers: File exists\nCommand failed -:2\nCommand failed -:3\n");
  assert.deepEqual(await ipBatch(ctx, machine.tools, ["a", "b", "c"]), [
    { line: 1, message: "RTNETLINK answers: File exists" },
    { line: 2, message: "command failed" },
  ]);
});

for (const [what, error] of [
  ["that fails without naming a line", failed("ip: command line is not complete\n")],
  ["that cannot be run", new Error("ENOENT")],
] as const)
  test(`a batch ${what} is a failure of all`, async () => {
    using machine = fakeMachine({ [BATCH]: error });
    await assert.rejects(ipBatch(ctx, machine.tools, ["a"]), error);
  });
