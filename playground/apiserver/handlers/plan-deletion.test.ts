import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, namespaces, pods } from "#machinery/builtin.ts";
import type { KubeObject, ObjectMeta } from "#machinery/meta.ts";
import type { AnyStrategy } from "../strategy.ts";
import { planDeletion } from "./delete.ts";
import type { DeleteOptions } from "./options.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const strategy = (own: Partial<AnyStrategy>): AnyStrategy =>
  ({ resource: configMaps, singular: "configmap", ...own }) as AnyStrategy;
const GRACEFUL = strategy({ resource: pods, gracePeriodSeconds: () => 30 });
const NAMESPACE = strategy({ resource: namespaces });

function marked(of: AnyStrategy, metadata: ObjectMeta, options: Partial<DeleteOptions> = {}): ObjectMeta {
  const given = { dryRun: false, preconditions: {}, raw: {}, ...options } as unknown as DeleteOptions;
  const before: KubeObject = { metadata: { name: "a", ...metadata } };
  const text = JSON.stringify(before);
  const { name: _name, ...rest } = planDeletion(of, before, { options: given, nowMs: NOW_MS }).metadata ?? {};
  assert.equal(JSON.stringify(before), text);
  return rest;
}

const AT_ONCE = { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 };
const IN_30_S = { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 };

for (const { name, of = strategy({}), metadata = {}, options, after } of [
  { name: "nothing holds it", after: AT_ONCE },
  { name: "its grace is counted from now", of: GRACEFUL, after: IN_30_S },
  {
    name: "its grace is as asked",
    of: GRACEFUL,
    options: { gracePeriodSeconds: 5 },
    after: { deletionTimestamp: "2026-01-01T00:00:05Z", deletionGracePeriodSeconds: 5 },
  },
  { name: "a kind without grace has none, whatever is asked", options: { gracePeriodSeconds: 5 }, after: AT_ONCE },
  {
    name: "a deletion under way is hurried",
    of: GRACEFUL,
    metadata: IN_30_S,
    options: { gracePeriodSeconds: 1 },
    after: { deletionTimestamp: "2026-01-01T00:00:01Z", deletionGracePeriodSeconds: 1 },
  },
  {
    name: "a deletion under way is not slowed down",
    of: GRACEFUL,
    metadata: IN_30_S,
    options: { gracePeriodSeconds: 60 },
    after: IN_30_S,
  },
  {
    name: "dependents first",
    options: { propagation: "Foreground" as const },
    after: { ...AT_ONCE, finalizers: ["foregroundDeletion"] },
  },
  {
    name: "dependents stay",
    metadata: { finalizers: ["mine"] },
    options: { propagation: "Orphan" as const },
    after: { ...AT_ONCE, finalizers: ["mine", "orphan"] },
  },
  {
    name: "what was asked last decides",
    metadata: { ...AT_ONCE, finalizers: ["orphan", "mine"] },
    options: { propagation: "Background" as const },
    after: { ...AT_ONCE, finalizers: ["mine"] },
  },
  {
    name: "who asks for nothing changes nothing of that",
    metadata: { ...AT_ONCE, finalizers: ["foregroundDeletion"] },
    after: { ...AT_ONCE, finalizers: ["foregroundDeletion"] },
  },
  {
    name: "the kind's own way",
    of: strategy({ defaultPropagation: "Orphan" }),
    after: { ...AT_ONCE, finalizers: ["orphan"] },
  },
  {
    name: "the kind's own finalizer, once",
    of: strategy({ deletionFinalizer: "kind/own" }),
    metadata: { finalizers: ["kind/own"] },
    after: { ...AT_ONCE, finalizers: ["kind/own"] },
  },
  {
    name: "a held object is another generation",
    metadata: { generation: 1, finalizers: ["mine"] },
    after: { ...AT_ONCE, generation: 2, finalizers: ["mine"] },
  },
  { name: "one that goes at once is not", metadata: { generation: 1 }, after: { ...AT_ONCE, generation: 1 } },
  { name: "a namespace has no grace", of: NAMESPACE, after: { deletionTimestamp: "2026-01-01T00:00:00Z" } },
])
  test(name, () => assert.deepEqual(marked(of, metadata, options), after));

test("a namespace shows that it ends", () => {
  const options = { dryRun: false, preconditions: {}, raw: {} } as unknown as DeleteOptions;
  const object = { metadata: { name: "n" }, status: { phase: "Active", conditions: [] } };
  const next = planDeletion(NAMESPACE, object, { options, nowMs: NOW_MS }) as typeof object;
  assert.deepEqual(next.status, { phase: "Terminating", conditions: [] });
});
