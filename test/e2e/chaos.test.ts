/** A few steps of `make chaos`, always the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { chosenName } from "#engines/choose.ts";
import { stepLines } from "../chaos/report.ts";
import { runChaos } from "../chaos/run.ts";

// A link that is cut, a Node that is deleted while pods are, a controller manager that hangs, an API server that dies.
const SEED = 14;
const STEPS = 4;

test("faults under load", {
  skip: chosenName() !== "playground" && "of clusters of the embedded engine",
}, async (t) => {
  const ctx = { signal: t.signal, log: silentLogger };
  const { steps, missing } = await runChaos(ctx, {
    seed: SEED,
    minutes: 15,
    mostSteps: STEPS,
    report: (number, step) => t.diagnostic(stepLines(number, step).join("\n")),
  });
  assert.equal(steps.length, STEPS);
  assert.deepEqual(
    steps.flatMap(({ broken }) => broken),
    [],
  );
  assert.deepEqual(missing, []);
});
