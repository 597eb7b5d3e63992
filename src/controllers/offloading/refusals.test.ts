import assert from "node:assert/strict";
import { test } from "node:test";
import { failure, type StatusReason } from "#machinery/status-error.ts";
import { Refusals, refusalOf } from "./refusals.ts";

test("the time between two tries doubles up to five minutes, and a pod of the same name begins anew", () => {
  const refusals = new Refusals();
  const quota = (uid: string) => ({ uid, message: "exceeded quota" });
  const delays = Array.from({ length: 12 }, () => refusals.add("off/web", quota("1"), 0).delayMs);
  assert.deepEqual(delays.slice(0, 3), [1_000, 2_000, 4_000]);
  assert.equal(delays.at(-1), 300_000);
  assert.equal(refusals.waitMs("off/web", "1", 100_000), 200_000);
  assert.equal(refusals.waitMs("off/web", "1", 300_001), 0);
  assert.equal(refusals.waitMs("off/web", "2", 0), 0);
  assert.equal(refusals.add("off/web", quota("2"), 0).delayMs, 1_000);
  refusals.forget("off/web");
  assert.equal(refusals.waitMs("off/web", "2", 0), 0);
});

test("a reason is news once, until it changes", () => {
  const refusals = new Refusals();
  const isNews = (message: string): boolean => refusals.add("off/web", { uid: "1", message }, 0).isNews;
  assert.deepEqual(["quota", "quota", "policy", "policy", "quota"].map(isNews), [true, false, true, false, true]);
});

const failures: readonly (readonly [code: number, reason: StatusReason, isRefusal: boolean])[] = [
  [403, "Forbidden", true],
  [422, "Invalid", true],
  [400, "BadRequest", true],
  [404, "NotFound", true],
  [401, "Unauthorized", false],
  [409, "Conflict", false],
  [429, "TooManyRequests", false],
  [500, "InternalError", false],
  [503, "ServiceUnavailable", false],
];

for (const [code, reason, isRefusal] of failures) {
  test(`${code} ${reason} is ${isRefusal ? "a refusal" : "tried again"}`, () => {
    assert.equal(refusalOf(failure(code, reason, "no")), isRefusal ? "no" : undefined);
  });
}

test("a refusal's message is kept short, and a lost connection is none", () => {
  assert.equal(refusalOf(failure(403, "Forbidden", "x".repeat(9_000)))?.length, 1_024);
  assert.equal(refusalOf(new Error("ECONNRESET")), undefined);
});
