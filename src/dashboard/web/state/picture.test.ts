import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../model/protocol.ts";
import { podItem } from "../testing/demo-world.ts";
import { failedAt, itemsOf, NOTHING, replayed, withDeltas } from "./picture.ts";

const pod = (name: string, health: "good" | "bad" = "good") =>
  podItem({ cluster: "milan", namespace: "shop", name, createdAt: "2026-01-01T00:00:00Z", health });

test("deltas put and remove in their order, and leave what was there before as it was", () => {
  const before = itemsOf({ at: 0, items: [pod("a"), pod("b")] });
  const after = withDeltas(before, [
    { put: [pod("c"), pod("d"), pod("a", "bad")], removed: [pod("b").key] },
    { put: [], removed: [pod("d").key] },
  ]);
  assert.deepEqual([...after.values()], [pod("a", "bad"), pod("c")]);
  assert.equal(before.size, 2);
});

const CHANGES: readonly Change[] = [
  { at: 30, key: pod("a").key, before: pod("a", "bad"), says: "gone" },
  { at: 10, key: pod("a").key, after: pod("a"), says: "came" },
  { at: 20, key: pod("a").key, before: pod("a"), after: pod("a", "bad"), says: "failed" },
];

const TIMES = [
  { to: 5, is: undefined },
  { to: 10, is: "good" },
  { to: 19, is: "good" },
  { to: 20, is: "bad" },
  { to: 30, is: undefined },
] as const;

for (const { to, is } of TIMES)
  test(`at ${to} the pod is ${is ?? "not there"}, played forwards or back`, () => {
    const forwards = replayed(NOTHING, 0, to, CHANGES).get(pod("a").key);
    const back = replayed(NOTHING, 100, to, CHANGES).get(pod("a").key);
    const health = (item: typeof forwards) => (item?.kind === "pod" ? item.health : undefined);
    assert.deepEqual([health(forwards), health(back)], [is, is]);
  });

test("it failed when it went from well to bad last", () => {
  assert.equal(failedAt(CHANGES), 20);
  assert.equal(failedAt(CHANGES.slice(0, 2)), undefined);
});
