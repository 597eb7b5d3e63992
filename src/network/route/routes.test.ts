import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { BATCH, failed, fakeMachine } from "../testing/fake-machine.ts";
import { routeApplier } from "./routes.ts";
import { tableId } from "./table-id.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const RULES = "ip -4 -N -json rule show";
const ROUTES = "ip -4 -N -json route show table all proto 144";

const configuration = (name: string, dst: string): RouteConfiguration => ({
  metadata: { namespace: "liqo", name },
  spec: { table: { name, rules: [{ dst, routes: [{ dst, dev: "liqo.a", scope: "link" }] }] } },
});

test("routes and rules that are missing are made, and what nothing wants is removed", async () => {
  using machine = fakeMachine({
    [ROUTES]: '[{"dst":"10.9.0.0/16","dev":"liqo.x","table":"4000","protocol":"144"}]',
  });
  const { errors, retryAfterMs } = await routeApplier(machine.tools, { priority: 200 }).apply(ctx, [
    configuration("a", "10.1.0.0/16"),
  ]);
  assert.deepEqual([[...errors], retryAfterMs], [[], undefined]);
  const table = tableId("a");
  assert.deepEqual(machine.takeLines(), [
    "route del 10.9.0.0/16 table 4000 proto 144",
    `route replace 10.1.0.0/16 dev liqo.a scope 253 table ${table} proto 144`,
    `rule add from all to 10.1.0.0/16 priority 204 table ${table} protocol 144`,
  ]);
  assert.deepEqual(machine.calls.map(({ command }) => command).sort(), [RULES, ROUTES, BATCH].sort());
});

test("a kernel that has it all is only asked", async () => {
  using machine = fakeMachine();
  assert.deepEqual(await routeApplier(machine.tools).apply(ctx, []), { errors: new Map() });
  assert.equal(machine.calls.length, 2);
});

test("a line that fails is its object's error, with what was tried, and is tried again soon", async () => {
  const fail = (_command: string, input: string): Error => {
    const at = input.split("\n").findIndex((line) => line.includes("10.2.0.0/16") && line.startsWith("route"));
    return failed(`Cannot find device "liqo.a"\nCommand failed -:${at + 1}\n`);
  };
  using machine = fakeMachine({ [BATCH]: fail });
  const all = [configuration("a", "10.1.0.0/16"), configuration("b", "10.2.0.0/16")];
  const { errors, retryAfterMs } = await routeApplier(machine.tools).apply(ctx, all);
  assert.deepEqual([...errors.keys()], ["liqo/b"]);
  assert.match(errors.get("liqo/b") ?? "", /^ip route .*10\.2\.0\.0\/16.*: Cannot find device "liqo\.a"$/);
  assert.equal(retryAfterMs, 1_000);
});

test("what cannot be removed is nobody's error, and is tried again", async () => {
  using machine = fakeMachine({
    [ROUTES]: '[{"dst":"10.9.0.0/16","dev":"liqo.x","table":"4000","protocol":"144"}]',
    [BATCH]: failed("RTNETLINK answers: No such process\nCommand failed -:1\n"),
  });
  const { errors, retryAfterMs } = await routeApplier(machine.tools).apply(ctx, []);
  assert.deepEqual([[...errors], retryAfterMs], [[], 1_000]);
});

test("an object that cannot be said to the kernel is told so, and the others are applied", async () => {
  using machine = fakeMachine();
  const all = [configuration("a", "10.1.0.0"), configuration("b", "10.2.0.0/16")];
  const { errors, retryAfterMs } = await routeApplier(machine.tools).apply(ctx, all);
  assert.deepEqual([...errors.keys()], ["liqo/a"]);
  assert.equal(retryAfterMs, 1_000);
  const lines = machine.takeLines();
  assert.ok(lines.some((line) => line.includes("10.2.0.0/16")));
  assert.ok(!lines.some((line) => line.includes("10.1.0.0")));
});

test("a kernel that does not answer is no empty one", async () => {
  using machine = fakeMachine({ [ROUTES]: failed("Dump was interrupted") });
  await assert.rejects(routeApplier(machine.tools).apply(ctx, []), { name: "RunError" });
  assert.deepEqual(machine.takeLines(), []);
});
