import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { BATCH, failed, fakeMachine } from "../testing/fake-machine.ts";
import { shareOwnAddress } from "./own-address.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const ADD = "rule add priority 32765 lookup local";
const DELETE = "rule del priority 0 lookup local";

for (const [what, priorities, lines] of [
  ["of a new namespace, the new one first", [0, 32_766, 32_767], [ADD, DELETE]],
  ["by a process that died in the middle", [0, 32_765, 32_766], [DELETE]],
  ["already", [32_765, 32_766], []],
  ["of a namespace that has none at all", [], [ADD]],
] as const)
  test(`the local table's rule is moved: ${what}`, async () => {
    const rules = priorities.map((priority) => ({ priority, src: "all", table: "local" }));
    using machine = fakeMachine({ "ip -4 -json rule show": JSON.stringify(rules) });
    await shareOwnAddress(ctx, machine.tools);
    assert.deepEqual(machine.takeLines(), lines);
  });

test("a gateway whose rules cannot be moved does not start", async () => {
  using machine = fakeMachine({ [BATCH]: failed("RTNETLINK answers: Operation not permitted\nCommand failed -:1\n") });
  const message = "move the rule of the local table: RTNETLINK answers: Operation not permitted";
  await assert.rejects(shareOwnAddress(ctx, machine.tools), { message });
});
