import assert from "node:assert/strict";
import { test } from "node:test";
import { takesAtMost } from "#kit/properties.ts";
import { transaction } from "../transaction.ts";
import { type PlanInput, planPolicies } from "./plan.ts";
import { blockRanges, formatRange, mergeRanges } from "./range.ts";
import { ruleUnits, TABLE } from "./ruleset.ts";
import { other, podAt, policyOf, shop } from "./testing/objects.ts";

const [front, back] = [podAt("10.0.0.1", "front"), podAt("10.0.0.2", "back")];
const base = { namespaces: [shop, other], nodeName: "n1" };
const units = (input: Pick<PlanInput, "policies" | "pods">) => ruleUnits(planPolicies({ ...base, ...input }));
const toBack = policyOf({
  podSelector: { matchLabels: { app: "back" } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: "front" } } }], ports: [{ port: 8080, protocol: "TCP" }] }],
});

test("nothing is planned without a policy, nor where it selects no pod of the node", () => {
  assert.equal(units({ policies: [], pods: [front, back] }).size, 0);
  const elsewhere = podAt("10.0.0.2", "back", { nodeName: "n2" });
  assert.equal(units({ policies: [toBack], pods: [front, elsewhere] }).size, 0);
});

test("a policy becomes one chain, its peers a set, its pods elements", () => {
  const text = transaction(TABLE, new Map(), units({ policies: [toBack], pods: [front, back] }));
  assert.match(
    text,
    /^add rule .* ingress-[0-9a-f]{12}-shop-p ip saddr @a-[0-9a-f]{12} meta l4proto tcp th dport \{ 8080 \} accept$/m,
  );
  assert.match(text, /^add element .* a-[0-9a-f]{12} \{ 10\.0\.0\.1 \}$/m);
  assert.match(text, /^add element .* ingress \{ 10\.0\.0\.2 : goto g-[0-9a-f]{12} \}$/m);
});

test("a pod that comes or goes changes elements and nothing else", () => {
  const before = units({ policies: [toBack], pods: [front, back] });
  const pods = [front, back, podAt("10.0.0.3", "front"), podAt("10.0.0.4", "back")];
  const lines = transaction(TABLE, before, units({ policies: [toBack], pods }))
    .trim()
    .split("\n");
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /^add element /);
  const back2 = transaction(TABLE, units({ policies: [toBack], pods }), before)
    .trim()
    .split("\n");
  assert.equal(back2.length, 3);
  for (const line of back2) assert.match(line, /^delete element /);
});

test("what a policy allows nothing of has no rule, and its pods are dropped by their group", () => {
  const text = transaction(TABLE, new Map(), units({ policies: [policyOf({})], pods: [front] }));
  assert.match(text, /add rule \S+ \S+ g-\S+ drop/);
  assert.doesNotMatch(text, /accept/);
});

for (const [title, block, expected] of [
  ["as it is", { cidr: "10.0.0.0/30" }, ["10.0.0.0-10.0.0.3"]],
  ["without a hole", { cidr: "10.0.0.0/30", except: ["10.0.0.1/32"] }, ["10.0.0.0", "10.0.0.2-10.0.0.3"]],
  ["without all of it", { cidr: "10.0.0.0/30", except: ["10.0.0.0/8"] }, []],
  ["of IPv6", { cidr: "fd00::/8" }, []],
] as const) {
  test(`a block ${title}`, () => {
    assert.deepEqual(blockRanges(block).map(formatRange), expected);
  });
}

test("ranges that touch are one", () => {
  const ranges = mergeRanges([...blockRanges({ cidr: "10.0.0.4/30" }), ...blockRanges({ cidr: "10.0.0.0/30" })]);
  assert.deepEqual(ranges.map(formatRange), ["10.0.0.0-10.0.0.7"]);
});

test("many policies over many pods cost what they hold", () => {
  const pods = Array.from({ length: 3_000 }, (_, i) => podAt(`10.${i >> 8}.${i & 255}.1`, `app-${i % 300}`));
  const policies = Array.from({ length: 300 }, (_, i) =>
    policyOf(
      {
        podSelector: { matchLabels: { app: `app-${i}` } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: `app-${(i + 1) % 300}` } } }] }],
      },
      `p-${i}`,
    ),
  );
  const size = takesAtMost(3_000, () => units({ policies, pods }).size);
  assert.equal(size, 601);
});
