import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { pods, replicaSets } from "#machinery/builtin.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { replicaSetController } from "./controller.ts";

const key = { namespace: "off", name: "web" };
const labels = { app: "web" };
const spec = { containers: [{ name: "c", image: "i" }] };
const newSet = (replicas: number): ReplicaSet => ({
  metadata: key,
  spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
});
const isLive = ({ metadata }: Pod): boolean => metadata?.deletionTimestamp === undefined;

test("a ReplicaSet has its pods made, adopted, made again and taken away", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const stray = { namespace: "off", name: "stray" };
  await client.create(ctx, pods, { metadata: { ...stray, labels }, spec });
  await client.create(ctx, pods, { metadata: { namespace: "off", name: "other", labels: { app: "db" } }, spec });
  parts.run(replicaSetController);
  await client.create(ctx, replicaSets, newSet(3));
  const set = await parts.seen(replicaSets, key, ({ status }) => status?.replicas === 3);
  const owned = (list: readonly Pod[]): Pod[] =>
    list.filter((pod) => isLive(pod) && controllerOf(pod)?.uid === set.metadata?.uid);
  const three = owned(await parts.seenAll(pods, (list) => owned(list).length === 3));
  assert.equal(three.filter(({ metadata }) => metadata?.name === "stray").length, 1);
  assert.match(await parts.told("SuccessfulCreate"), /^Created pod: web-\w+$/);
  const [victim] = three.filter(({ metadata }) => metadata?.name !== "stray");
  await client.delete(ctx, pods, keyOf(victim ?? {}), { gracePeriodSeconds: 0 });
  await parts.seenAll(
    pods,
    (list) => owned(list).length === 3 && list.every((pod) => pod.metadata?.uid !== victim?.metadata?.uid),
  );
  await client.patch(ctx, replicaSets, key, "merge", { spec: { replicas: 1 } });
  await parts.seenAll(pods, (list) => owned(list).length === 1);
  assert.match(await parts.told("SuccessfulDelete"), /^Deleted pod: /);
  await parts.seen(replicaSets, key, ({ status }) => status?.replicas === 1 && status.observedGeneration === 2);
});

test("a pod that the server refuses is told of", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(replicaSetController);
  // The set is taken: its template's finalizers are looked at when there is a pod.
  const template = { metadata: { labels, finalizers: ["not a finalizer"] }, spec };
  await client.create(ctx, replicaSets, {
    metadata: key,
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  });
  assert.match(await parts.told("FailedCreate"), /^Error creating: .*not a finalizer/);
});
