import assert from "node:assert/strict";
import { test } from "node:test";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { shadowNetworkPolicies } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, namespaces, networkPolicies } from "#machinery/builtin.ts";
import { shadowNetworkPolicyController } from "./controller.ts";

const key = { namespace: "off-cluster-a", name: "web" };

test("a shadow is a policy in this cluster's view, until the cluster has policies of its own there", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  await client.patch(ctx, namespaces, { name: "off-cluster-a" }, "merge", {
    metadata: {
      labels: { [labels.REMOTE_CLUSTER_ID]: "cluster-a" },
      annotations: { [annotations.MANAGED_BY_NAMESPACE_MAP]: `${TENANT_NAMESPACES.provider}/cluster-b` },
    },
  });
  await client.create(ctx, shadowNetworkPolicies, {
    metadata: key,
    spec: {
      podSelector: {},
      policyTypes: ["Ingress"],
      ingress: [{ peers: [{ addresses: ["10.244.0.7"] }, { namespaces: ["off-cluster-a", "default"] }] }],
    },
  });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowNetworkPolicyController(controllerDeps(client, informers)));
  const names = { key: "kubernetes.io/metadata.name", operator: "In", values: ["off-cluster-a"] };
  const twins = { namespaceSelector: { matchExpressions: [names] } };
  const first = await seen(client, networkPolicies, key);
  assert.deepEqual(first.spec?.ingress, [{ from: [twins] }], "without a network the address is nobody's");
  await connect(client, ctx);
  await seen(client, networkPolicies, key, ({ spec }) => {
    const from = spec?.ingress?.[0]?.from ?? [];
    return from.length === 2 && from[0]?.ipBlock?.cidr === "10.71.0.7/32";
  });
  const own = {
    metadata: { namespace: "off-cluster-a", name: "isolation" },
    spec: { podSelector: {}, policyTypes: ["Egress"] },
  };
  await client.create(ctx, networkPolicies, own);
  await seen(client, networkPolicies, key, ({ spec }) => spec?.ingress === undefined);
  await eventually("an event on the shadow", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: "off-cluster-a" });
    const told = items.filter(({ involvedObject }) => involvedObject.kind === "ShadowNetworkPolicy");
    assert.ok(told.some(({ reason, message }) => reason === "PolicyRulesRefused" && /of its own/.test(message ?? "")));
  });
  await client.delete(ctx, networkPolicies, { namespace: "off-cluster-a", name: "isolation" });
  await seen(client, networkPolicies, key, ({ spec }) => spec?.ingress?.[0]?.from?.length === 2);
  cancel();
  await running;
});

async function connect(client: KubeClient, ctx: Parameters<KubeClient["create"]>[0]): Promise<void> {
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
}
