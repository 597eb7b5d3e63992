import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startTwoClusters, TENANT_NAMESPACES, type TwoClusters } from "#kit/two-clusters.ts";
import { namespaces } from "#machinery/builtin.ts";
import { ensureTenantNamespace, findTenantNamespace } from "./tenant.ts";

describe("tenant namespaces", () => {
  let clusters: TwoClusters;

  before(async () => {
    clusters = await startTwoClusters();
  });
  after(() => clusters[Symbol.asyncDispose]());

  test("the one that is there is used, another one is made with its labels", async () => {
    const { ctx, consumer } = clusters;
    assert.equal(await ensureTenantNamespace(ctx, consumer.client, "cluster-b"), TENANT_NAMESPACES.consumer);
    assert.equal(await findTenantNamespace(ctx, consumer.client, "oslo"), undefined);
    assert.equal(await ensureTenantNamespace(ctx, consumer.client, "oslo"), "liqo-tenant-oslo");
    assert.equal(await findTenantNamespace(ctx, consumer.client, "oslo"), "liqo-tenant-oslo");
    const { metadata } = await consumer.client.get(ctx, namespaces, { name: "liqo-tenant-oslo" });
    assert.equal(metadata?.labels?.["pod-security.kubernetes.io/enforce"], "privileged");
  });

  test("a namespace of that name which is not a tenant's is left alone", async () => {
    const { ctx, consumer } = clusters;
    await consumer.client.create(ctx, namespaces, { metadata: { name: "liqo-tenant-bern" } });
    await assert.rejects(ensureTenantNamespace(ctx, consumer.client, "bern"), {
      message: "namespace liqo-tenant-bern exists and is not a tenant namespace of cluster bern",
    });
  });

  test("two for the same peer are one too many", async () => {
    const { ctx, consumer } = clusters;
    const labels = { "liqo.io/tenant-namespace": "true", "liqo.io/remote-cluster-id": "rome" };
    for (const name of ["one", "two"]) await consumer.client.create(ctx, namespaces, { metadata: { name, labels } });
    await assert.rejects(findTenantNamespace(ctx, consumer.client, "rome"), {
      message: "2 namespaces are labelled as tenant namespace of cluster rome; there must be one",
    });
  });
});
