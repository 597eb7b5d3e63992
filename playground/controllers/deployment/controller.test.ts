import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import { type EngineParts, startEngineParts } from "#kit/engine-parts.ts";
import { deployments, pods, replicaSets } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isReady } from "#machinery/pod.ts";
import { replicaSetController } from "../replicaset/controller.ts";
import { deploymentController } from "./controller.ts";
import { REVISION } from "./new-replica-set.ts";

const key = { namespace: "off", name: "web" };
const labels = { app: "web" };

const newDeployment = (image: string, own: Partial<Deployment["spec"]> = {}): Deployment => ({
  metadata: key,
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
    ...own,
  },
});
const toImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: "c", image }] } } } });

/** What a node agent would do: every pod is ready as soon as it is there. */
function readyAtOnce({ ctx, client, deps, runUntilEnd }: EngineParts): void {
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  const stop = deps.informers.for(pods).addHandler({
    added: (pod) => {
      if (isReady(pod)) return;
      const written = client.patch(ctx, pods, keyOf(pod), "merge", { status }, { subresource: "status" });
      // It may have been taken away meanwhile.
      runUntilEnd(written.then(stopped, stopped));
    },
  });
  const stopped = (): void => undefined;
  ctx.signal.addEventListener("abort", stop);
}

test("a Deployment rolls from set to set, and back, each time with a new revision", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  readyAtOnce(parts);
  parts.run(deploymentController, replicaSetController);
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await client.create(ctx, deployments, newDeployment("web:1", { strategy }));
  const isRolled = (generation: number) => (deployment: Deployment) =>
    deployment.status?.observedGeneration === generation &&
    deployment.status.updatedReplicas === 2 &&
    deployment.status.replicas === 2 &&
    deployment.status.availableReplicas === 2;
  await parts.seen(deployments, key, isRolled(1));
  await client.patch(ctx, deployments, key, "strategic", toImage("web:2"));
  const second = await parts.seen(deployments, key, isRolled(2));
  assert.equal(second.metadata?.annotations?.[REVISION], "2");
  const sets = await parts.seenAll(replicaSets, (list) => list.length === 2);
  const sizes = Object.fromEntries(
    sets.map((set) => [set.spec?.template?.spec?.containers[0]?.image, set.spec?.replicas]),
  );
  assert.deepEqual(sizes, { "web:1": 0, "web:2": 2 });
  await client.patch(ctx, deployments, key, "strategic", toImage("web:1"));
  const back = await parts.seen(deployments, key, isRolled(3));
  assert.equal(back.metadata?.annotations?.[REVISION], "3");
  assert.match(await parts.told("ScalingReplicaSet"), /^Scaled up replica set web-\w+ from 0 to 2$/);
});

test("a Deployment that keeps no history has the sets of old templates removed", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  readyAtOnce(parts);
  parts.run(deploymentController, replicaSetController);
  const strategy = { type: "Recreate" };
  await client.create(ctx, deployments, newDeployment("web:1", { strategy, revisionHistoryLimit: 0 }));
  const [first] = await parts.seenAll(replicaSets, (list) => list.length === 1);
  await client.patch(ctx, deployments, key, "strategic", toImage("web:2"));
  await parts.gone(replicaSets, keyOf(first ?? {}));
  await parts.seen(deployments, key, ({ status }) => status?.availableReplicas === 2);
});
