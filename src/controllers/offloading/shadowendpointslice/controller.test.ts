import assert from "node:assert/strict";
import { test } from "node:test";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { endpointSlices, namespaces } from "#machinery/builtin.ts";
import { shadowEndpointSliceController } from "./controller.ts";

test("addresses are translated as those of the twin namespace's consumer, whatever the slice says, and marks are dropped", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  await client.patch(ctx, namespaces, { name: "off-cluster-a" }, "merge", {
    metadata: {
      labels: { [labels.REMOTE_CLUSTER_ID]: "cluster-a" },
      annotations: { [annotations.MANAGED_BY_NAMESPACE_MAP]: `${TENANT_NAMESPACES.provider}/cluster-b` },
    },
  });
  const configuration = await client.create(ctx, configurations, {
    metadata: {
      namespace: TENANT_NAMESPACES.provider,
      name: "cluster-a",
      labels: { [labels.REMOTE_CLUSTER_ID]: "cluster-a" },
    },
    spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
  });
  const status = { remote: { cidr: { pod: ["10.71.0.0/16"], external: ["10.72.0.0/16"] } } };
  await client.updateStatus(ctx, configurations, { ...configuration, status });
  const key = { namespace: "off-cluster-a", name: "web" };
  await client.create(ctx, shadowEndpointSlices, {
    metadata: { ...key, labels: { [labels.ORIGIN]: "turin", "networking.liqo.io/component": "gateway", app: "web" } },
    spec: { template: { addressType: "IPv4", endpoints: [{ addresses: ["10.244.0.7"] }] } },
  });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowEndpointSliceController(controllerDeps(client, informers)));
  const slice = await seen(client, endpointSlices, key);
  assert.deepEqual(slice.endpoints?.[0]?.addresses, ["10.71.0.7"]);
  assert.deepEqual(slice.metadata?.labels, {
    app: "web",
    [labels.ORIGIN]: "turin",
    [labels.MANAGED]: "true",
    [labels.MANAGED_BY]: "shadowendpointslice",
  });
  cancel();
  await running;
});
