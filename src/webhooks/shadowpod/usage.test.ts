import assert from "node:assert/strict";
import { test } from "node:test";
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { QuotaUsage } from "./usage.ts";

const key = (name: string) => ({ namespace: "web-milan", name });
const shadow = (name: string, cpu: string, creator = "milan"): ShadowPod => ({
  metadata: { ...key(name), labels: { [labels.CREATOR_USER]: creator } },
  spec: { pod: { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }] } },
});
const finished = (pod: ShadowPod): ShadowPod => ({ ...pod, status: { phase: "Succeeded" } });

test("usage is what the creator's ShadowPods ask for, until they finish or go", () => {
  const usage = new QuotaUsage();
  const cpu = (): bigint | undefined => usage.of("milan", 0).get("cpu");
  usage.seen(shadow("a", "1"));
  usage.seen(shadow("b", "500m"));
  usage.seen(shadow("c", "4", "turin"));
  assert.equal(cpu(), 1_500n);
  usage.seen(shadow("a", "1"));
  assert.equal(cpu(), 1_500n, "a change counts once");
  usage.seen(finished(shadow("a", "1")));
  assert.equal(cpu(), 500n);
  usage.gone(finished(shadow("a", "1")));
  usage.gone(shadow("b", "500m"));
  assert.equal(cpu(), 0n);
});

test("an admitted ShadowPod counts before the watch shows it, once, and not for ever if it never does", () => {
  const usage = new QuotaUsage();
  const cpu = (nowMs: number): bigint | undefined => usage.of("milan", nowMs).get("cpu");
  usage.reserve(key("a"), shadow("a", "1"), 0);
  usage.reserve(key("b"), shadow("b", "2"), 5_000);
  assert.equal(cpu(5_000), 3_000n);
  usage.seen(shadow("a", "1"));
  assert.equal(cpu(5_000), 3_000n);
  usage.reserve(key("a"), shadow("a", "1"), 6_000);
  assert.equal(cpu(15_000), 3_000n, "a second creation of a name that is there reserves nothing");
  assert.equal(cpu(15_001), 1_000n);
  usage.gone(shadow("a", "1"));
  assert.equal(cpu(15_001), 0n);
});

test("two creations of one name count as the larger, whoever makes them", () => {
  const usage = new QuotaUsage();
  usage.reserve(key("a"), shadow("a", "3"), 0);
  usage.reserve(key("a"), shadow("a", "0"), 0);
  assert.equal(usage.of("milan", 0).get("cpu"), 3_000n);
  usage.reserve(key("a"), shadow("a", "2", "turin"), 0);
  assert.deepEqual([usage.of("milan", 0).get("cpu"), usage.of("turin", 0).get("cpu")], [3_000n, 2_000n]);
  usage.seen(shadow("a", "3"));
  assert.deepEqual([usage.of("milan", 10_001).get("cpu"), usage.of("turin", 10_001).get("cpu")], [3_000n, 0n]);
});

test("what a ShadowPod grows by counts until the watch must have shown it, what it shrinks by at once", () => {
  const usage = new QuotaUsage();
  const cpu = (nowMs: number): bigint | undefined => usage.of("milan", nowMs).get("cpu");
  usage.seen(shadow("a", "1"));
  usage.reserveGrowth(key("a"), shadow("a", "3"), shadow("a", "1"), 0);
  assert.equal(cpu(0), 3_000n);
  usage.seen(shadow("a", "1"));
  assert.equal(cpu(0), 3_000n, "an older version is shown");
  usage.seen(shadow("a", "3"));
  assert.equal(cpu(10_001), 3_000n);
  usage.reserveGrowth(key("a"), shadow("a", "2"), shadow("a", "3"), 20_000);
  assert.equal(cpu(20_000), 3_000n);
  usage.seen(shadow("a", "2"));
  assert.equal(cpu(20_000), 2_000n);
  usage.reserveGrowth(key("a"), shadow("a", "9"), shadow("a", "2"), 20_000);
  usage.gone(shadow("a", "2"));
  assert.equal(cpu(20_000), 0n);
});
