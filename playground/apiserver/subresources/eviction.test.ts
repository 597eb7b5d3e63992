import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import { planEviction } from "./eviction.ts";

type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;

function pod(own: { phase?: string; ready?: boolean; isLeaving?: boolean } = {}): Pod {
  const { phase = "Running", ready = true, isLeaving = false } = own;
  return {
    metadata: {
      name: "p",
      labels: { app: "web" },
      ...(isLeaving && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

function budget(status: Partial<BudgetStatus>, own: object = {}, generation = 1): PodDisruptionBudget {
  return {
    metadata: { name: "b", generation },
    spec: { selector: { matchLabels: { app: "web" } }, ...own },
    status: {
      currentHealthy: 3,
      desiredHealthy: 2,
      expectedPods: 3,
      disruptionsAllowed: 1,
      observedGeneration: 1,
      ...status,
    },
  };
}

const NONE_LEFT = budget({ disruptionsAllowed: 0, currentHealthy: 2 });
const table: readonly { name: string; pod?: Pod; budgets: PodDisruptionBudget[]; plan: string }[] = [
  { name: "no budget", budgets: [], plan: "delete" },
  { name: "a budget of others", budgets: [budget({}, { selector: { matchLabels: { app: "db" } } })], plan: "delete" },
  { name: "a budget that has some left", budgets: [budget({})], plan: "spend b" },
  {
    name: "a budget that has none left",
    budgets: [NONE_LEFT],
    plan: "refuse 429: The disruption budget b needs 2 healthy pods and has 2 currently",
  },
  { name: "a pod that has finished", pod: pod({ phase: "Succeeded" }), budgets: [NONE_LEFT], plan: "delete" },
  { name: "a pod that has not begun", pod: pod({ phase: "Pending" }), budgets: [NONE_LEFT], plan: "delete" },
  { name: "a pod that leaves already", pod: pod({ isLeaving: true }), budgets: [NONE_LEFT], plan: "delete" },
  {
    name: "a pod that is not ready, and enough others are",
    pod: pod({ ready: false }),
    budgets: [NONE_LEFT],
    plan: "delete",
  },
  {
    name: "a pod that is not ready, and too few others are",
    pod: pod({ ready: false }),
    budgets: [budget({ disruptionsAllowed: 0, currentHealthy: 1 })],
    plan: "refuse 429: The disruption budget b needs 2 healthy pods and has 1 currently",
  },
  {
    name: "a pod that is not ready, whose budget lets such go",
    pod: pod({ ready: false }),
    budgets: [budget({ disruptionsAllowed: 0, currentHealthy: 1 }, { unhealthyPodEvictionPolicy: "AlwaysAllow" })],
    plan: "delete",
  },
  {
    name: "two budgets",
    budgets: [budget({}), budget({})],
    plan: "refuse 500: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
  },
  {
    name: "a budget that its controller has not seen",
    budgets: [budget({}, {}, 2)],
    plan: "refuse 429: The disruption budget b is still being processed by the server.",
  },
  {
    name: "too many pods on their way out",
    budgets: [budget({ disruptedPods: Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`p${i}`, ""])) })],
    plan: "refuse 403: DisruptedPods map too big - too many evictions not confirmed by PDB controller",
  },
];

for (const { name, pod: victim = pod(), budgets, plan } of table)
  test(name, () => {
    const found = planEviction(victim, budgets);
    const [expected, code] = plan.split(" ");
    assert.equal(found.do, expected);
    if (found.do === "spend") assert.equal(found.budget.metadata?.name, "b");
    if (found.do !== "refuse") return;
    const { status } = found.error;
    assert.equal(`${status.code}:`, code);
    const words = [status.message, ...(status.details?.causes ?? []).map(({ message }) => message)].join("\n");
    assert.ok(words.includes(plan.slice(plan.indexOf(": ") + 2)), words);
  });
