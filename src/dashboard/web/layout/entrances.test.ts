import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodItem } from "../../model/items.ts";
import { offloadedPair, podItem } from "../testing/demo-world.ts";
import { entrances } from "./entrances.ts";

const pod = (name: string, owner?: string, health: PodItem["health"] = "good") =>
  podItem({
    cluster: "milan",
    namespace: "shop",
    name,
    createdAt: "2026-01-01T00:00:00Z",
    health,
    ...(owner === undefined ? {} : { owner }),
  });
const at = (...pods: readonly PodItem[]) =>
  new Map(pods.map((each, index) => [each.key, { pod: each, x: index, y: 0 }]));
const [home, away] = offloadedPair(
  { cluster: "milan", namespace: "shop", name: "ad", createdAt: "2026-01-01T00:00:00Z", node: "liqo-rome" },
  { cluster: "rome", namespace: "shop-milan", node: "worker-1" },
);
assert.ok(home !== undefined && away !== undefined);

const CASES = [
  {
    name: "in the place of one that is gone",
    before: at(pod("x"), pod("a", "D/web")),
    after: at(pod("b", "D/web")),
    from: 1,
  },
  {
    name: "in the place of one that ends",
    before: at(pod("a", "D/web")),
    after: at(pod("a", "D/web", "ending"), pod("b", "D/web")),
    from: 0,
  },
  {
    name: "beside one that stays: from nowhere",
    before: at(pod("a", "D/web")),
    after: at(pod("a", "D/web"), pod("b", "D/web")),
    from: undefined,
  },
  {
    name: "of another owner: from nowhere",
    before: at(pod("a", "D/api")),
    after: at(pod("b", "D/web")),
    from: undefined,
  },
  { name: "a twin, at the pod that it stands for", before: at(pod("x"), home), after: at(home, away), from: 1 },
] as const;

for (const { name, before, after, from } of CASES)
  test(`a pod comes ${name}`, () => {
    const found = entrances(before, after);
    assert.deepEqual(
      [...found.values()].map(({ x }) => x),
      from === undefined ? [] : [from],
    );
  });

test("each that is gone is the beginning of one only", () => {
  const found = entrances(at(pod("a", "D/web")), at(pod("b", "D/web"), pod("c", "D/web")));
  assert.equal(found.size, 1);
});
