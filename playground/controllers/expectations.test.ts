import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { Expectations } from "./expectations.ts";

const KEY = "off/web";
const MINUTE_MS = 60_000;

function fixture() {
  const clock = { nowMs: 0 };
  const cache = new Map<string, KubeObject>();
  const expectations = new Expectations(() => clock.nowMs);
  return { clock, cache, expectations, satisfied: () => expectations.satisfied(KEY, (uid) => cache.get(uid)) };
}

test("a cache is believed until something was written, and again when it shows what was", () => {
  const { cache, expectations, satisfied } = fixture();
  assert.equal(satisfied(), true);
  expectations.created(KEY, "a");
  expectations.created(KEY, "b");
  cache.set("a", {});
  assert.equal(satisfied(), false);
  cache.set("b", {});
  assert.equal(satisfied(), true);
  // What was seen once is not waited for again when it goes.
  cache.clear();
  assert.equal(satisfied(), true);
});

test("a deletion is seen when the object terminates or is gone", () => {
  const { cache, expectations, satisfied } = fixture();
  for (const uid of ["a", "b"]) {
    cache.set(uid, {});
    expectations.deleted(KEY, uid);
  }
  assert.equal(satisfied(), false);
  cache.delete("a");
  cache.set("b", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  assert.equal(satisfied(), true);
});

test("what never comes is waited for five minutes; each object has its own expectations", () => {
  const { clock, expectations, satisfied } = fixture();
  expectations.created(KEY, "a");
  expectations.deleted(KEY, "b");
  assert.equal(
    expectations.satisfied("off/db", () => undefined),
    true,
  );
  clock.nowMs = 5 * MINUTE_MS;
  assert.equal(satisfied(), false);
  clock.nowMs += 1;
  assert.equal(satisfied(), true);
});

test("a new object of the same name starts without expectations", () => {
  const { expectations, satisfied } = fixture();
  expectations.created(KEY, "a");
  expectations.forget(KEY);
  assert.equal(satisfied(), true);
});
