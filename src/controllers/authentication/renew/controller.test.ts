import assert from "node:assert/strict";
import { test } from "node:test";
import { renews } from "#api/authentication/renew.ts";
import { tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { withCancel } from "#base/context.ts";
import { base64 } from "#forge/authentication.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { renewController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.provider;

test("a Renew that a consumer replicates carries its tenant's credentials, and follows them; one of this cluster does not", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const metadata = { namespace, name: "cluster-a" };
  const tenant = await client.create(ctx, tenants, { metadata, spec: { clusterID: "cluster-a" } });
  const spec = { consumerClusterID: "cluster-a", identityRef: { name: "i" } };
  const own = { [labels.REPLICATED]: "true" };
  for (const [name, marks] of [
    ["replica", own],
    ["ours", {}],
  ] as const)
    await client.create(ctx, renews, { metadata: { namespace, name, labels: { ...marks } }, spec } as never);
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, renewController(controllerDeps(client, informers)));
  const give = async (signedCRT: string) => {
    const present = await client.get(ctx, tenants, metadata);
    const status = { authParams: { apiServer: "https://b.test", signedCRT }, tenantNamespace: namespace };
    await client.updateStatus(ctx, tenants, { ...tenant, metadata: present.metadata ?? {}, status });
  };
  const carries = (signedCRT: string) =>
    seen(client, renews, { namespace, name: "replica" }, ({ status }) => status?.authParams?.signedCRT === signedCRT);
  await give(base64("first"));
  await carries(base64("first"));
  await give(base64("second"));
  await carries(base64("second"));
  assert.equal((await client.get(ctx, renews, { namespace, name: "ours" })).status?.authParams, undefined);
  cancel();
  await running;
});
