import assert from "node:assert/strict";
import { test } from "node:test";
import { failure } from "#machinery/status-error.ts";
import { outcomeOfError } from "./twins.ts";

const denied = failure(403, "Forbidden", "admission webhook said no");
const broken = failure(500, "InternalError", "failed calling webhook");

for (const [name, error, last, phase, isRefusal] of [
  ["refused from the start", denied, undefined, "CreationLoopBackOff", true],
  ["what was accepted stays so", denied, "Accepted", "Accepted", true],
  ["a failure says nothing of a new one", broken, undefined, undefined, false],
  ["nor of an accepted one", broken, "Accepted", "Accepted", false],
  ["nor does a lost connection", new Error("ECONNRESET"), "CreationLoopBackOff", "CreationLoopBackOff", false],
] as const) {
  test(name, () => {
    const outcome = outcomeOfError(error, "web-milan", last);
    assert.equal(outcome.phase, phase);
    assert.equal(outcome.isRefusal === true, isRefusal);
    assert.equal(outcome.failure, isRefusal ? undefined : error);
    if (isRefusal)
      assert.deepEqual(outcome.problem, {
        reason: "NamespaceRefused",
        message: "namespace web-milan is refused: admission webhook said no",
      });
  });
}
