import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { statefulSetController } from "./controller.ts";

const key = { namespace: "off", name: "db" };
const labels = { app: "db" };
const READY = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const pod = (ordinal: number) => ({ namespace: "off", name: `db-${ordinal}` });
const image = ({ spec }: Pod): string => spec?.containers[0]?.image ?? "";

test("a StatefulSet makes its pods one after the other, and rolls them from the last", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(statefulSetController);
  const makeReady = async (ordinal: number, accepts: (made: Pod) => boolean = () => true): Promise<Pod> => {
    const made = await parts.seen(pods, pod(ordinal), accepts);
    return client.patch(ctx, pods, keyOf(made), "merge", { status: READY }, { subresource: "status" });
  };
  const claimTemplate = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  await client.create(ctx, statefulSets, {
    metadata: key,
    spec: {
      replicas: 2,
      serviceName: "db",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "db:1" }] } },
      volumeClaimTemplates: [claimTemplate],
    },
  });
  await parts.seen(pods, pod(0));
  assert.equal(await client.find(ctx, pods, pod(1)), undefined);
  await makeReady(0);
  await makeReady(1);
  await parts.seen(statefulSets, key, ({ status }) => status?.readyReplicas === 2);
  assert.equal(await parts.told("SuccessfulCreate"), "create Pod db-0 in StatefulSet db successful");
  for (const ordinal of [0, 1])
    await parts.seen(persistentVolumeClaims, { namespace: "off", name: `data-db-${ordinal}` });
  const template = { spec: { containers: [{ name: "c", image: "db:2" }] } };
  await client.patch(ctx, statefulSets, key, "strategic", { spec: { template } });
  const rolled = await makeReady(1, (made) => image(made) === "db:2");
  assert.equal(await parts.told("SuccessfulDelete"), "delete Pod db-1 in StatefulSet db successful");
  assert.equal(image(rolled), "db:2");
  await makeReady(0, (made) => image(made) === "db:2");
  const { status } = await parts.seen(
    statefulSets,
    key,
    ({ status: seen }) => seen?.updatedReplicas === 2 && seen.currentRevision === seen.updateRevision,
  );
  const revisions = await parts.seenAll(controllerRevisions, (list) => list.length === 2);
  assert.ok(revisions.some(({ metadata, revision }) => metadata?.name === status?.currentRevision && revision === 2));
  await client.patch(ctx, statefulSets, key, "merge", { spec: { replicas: 1 } });
  await parts.gone(pods, pod(1));
  // Claims stay: the data may be wanted again.
  assert.notEqual(await client.find(ctx, persistentVolumeClaims, { namespace: "off", name: "data-db-1" }), undefined);
});
