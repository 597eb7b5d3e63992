import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "#machinery/builtin.ts";
import { daemonSetController } from "./controller.ts";
import { targetNode } from "./plan.ts";

const key = { namespace: "off", name: "agent" };
const labels = { app: "agent" };
const targets = (list: readonly Pod[]): string[] =>
  list
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map(targetNode)
    .sort();

test("a DaemonSet follows the nodes, and keeps the templates it has had", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(daemonSetController);
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } };
  await client.create(ctx, nodes, nodeNamed("a"));
  await client.create(ctx, daemonSets, { metadata: key, spec: { selector: { matchLabels: labels }, template } });
  await parts.seenAll(pods, (list) => targets(list).join() === "a");
  await client.create(ctx, nodes, nodeNamed("b"));
  await parts.seenAll(pods, (list) => targets(list).join() === "a,b");
  await client.patch(ctx, nodes, { name: "a" }, "merge", { spec: { taints: [{ key: "spot", effect: "NoSchedule" }] } });
  await parts.seenAll(pods, (list) => targets(list).join() === "b");
  await parts.seen(
    daemonSets,
    key,
    ({ status }) => status?.desiredNumberScheduled === 1 && status.currentNumberScheduled === 1,
  );
  const body = { spec: { template: { spec: { containers: [{ name: "c", image: "i:2" }] } } } };
  await client.patch(ctx, daemonSets, key, "strategic", body);
  await parts.seenAll(pods, (list) => list.some(({ spec }) => spec?.containers[0]?.image === "i:2"));
  const revisions = await parts.seenAll(controllerRevisions, (list) => list.length === 2);
  assert.deepEqual(revisions.map(({ revision }) => revision).sort(), [1, 2]);
  assert.match(await parts.told("SuccessfulCreate"), /^Created pod: agent-\w+$/);
  assert.match(await parts.told("SuccessfulDelete"), /^Deleted pod: agent-\w+$/);
});
