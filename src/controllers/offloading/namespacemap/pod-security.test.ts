import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { PodSecurityLevel } from "../../deps.ts";
import { namespaceMapController } from "./controller.ts";
import { planPodSecurity } from "./pod-security.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";
const managedFields = [{ manager: "liqo-pod-security", operation: "Apply" }];

for (const [name, level, metadata, wanted] of [
  ["a new namespace gets the level", "baseline", {}, { [ENFORCE]: "baseline" }],
  ["one that has it is left alone", "baseline", { labels: { [ENFORCE]: "baseline" } }, undefined],
  ["another level is put back", "restricted", { labels: { [ENFORCE]: "privileged" } }, { [ENFORCE]: "restricted" }],
  ["privileged sets nothing", "privileged", {}, undefined],
  ["privileged leaves what others set", "privileged", { labels: { [ENFORCE]: "restricted" } }, undefined],
  ["privileged takes back what was set before", "privileged", { labels: { [ENFORCE]: "baseline" }, managedFields }, {}],
] as const) {
  test(name, () => {
    assert.deepEqual(planPodSecurity({ metadata: structuredClone(metadata) as object }, level), wanted);
  });
}

const TWIN = { name: "web-milan" };

test("twin namespaces have the level, keep it, and follow the chart's", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.provider;
  const labels = { "liqo.io/replicated": "true", "liqo.io/remote-cluster-id": "cluster-a" };
  await client.create(ctx, namespaceMaps, {
    metadata: { namespace: TENANT_NAMESPACES.provider, name: "milan", labels },
    spec: { desiredMapping: { web: TWIN.name } },
  });
  const level = (wanted: string | undefined) => seen(client, namespaces, TWIN, (twin) => levelOf(twin) === wanted);
  const levelOf = ({ metadata }: { metadata?: { labels?: Record<string, string> } }) => metadata?.labels?.[ENFORCE];
  {
    await using _running = start(clusters.ctx, client, "baseline");
    await level("baseline");
    const byHand = { metadata: { labels: { [ENFORCE]: "privileged" } } };
    await client.patch(ctx, namespaces, TWIN, "merge", byHand);
    await level("baseline");
  }
  {
    await using _running = start(clusters.ctx, client, "restricted");
    await level("restricted");
  }
  await using _running = start(clusters.ctx, client, "privileged");
  await level(undefined);
});

function start(outer: Parameters<typeof withCancel>[0], client: KubeClient, level: PodSecurityLevel): AsyncDisposable {
  const { ctx, cancel } = withCancel(outer);
  const informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  const settings = { ...deps.settings, podSecurityLevel: level };
  const running = runController(ctx, namespaceMapController({ ...deps, settings }));
  return {
    [Symbol.asyncDispose]: async () => {
      cancel();
      await running;
      await informers[Symbol.asyncDispose]();
    },
  };
}
