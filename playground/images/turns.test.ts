import assert from "node:assert/strict";
import { test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { Turns } from "./turns.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };

test("so many are in at once, and the others come in their order; who gives up is passed over", async () => {
  const turns = new Turns(1);
  const first = await turns.next(ctx);
  const seen: string[] = [];
  const gone = withCancel(ctx);
  const given = turns.next(gone.ctx);
  const second = turns.next(ctx).then((turn) => {
    seen.push("second");
    return turn;
  });
  gone.cancel();
  await assert.rejects(given, /given up before it was its turn/);
  assert.deepEqual(seen, []);
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  assert.deepEqual(seen, ["second"]);
});
