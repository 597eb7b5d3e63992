import assert from "node:assert/strict";
import { test } from "node:test";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { admissionRequest, wordsOf } from "#kit/admission.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { Informers } from "#kube/informer/informers.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";
import { mutateTenant, validateTenant } from "./admit.ts";

const forgeTenant = (name: string, namespace: string, clusterID: string, label = clusterID): Tenant =>
  ({
    metadata: { name, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: label } },
    spec: { clusterID },
  }) as Tenant;

test("a Tenant belongs to the peer of its namespace, alone, under a name of its own", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, provider } = clusters;
  const { client } = provider;
  const tenantNamespace = (name: string, peer: string) => ({
    metadata: { name, labels: { [labels.TENANT_NAMESPACE]: "true", [labels.REMOTE_CLUSTER_ID]: peer } },
  });
  await client.create(ctx, namespaces, tenantNamespace("liqo-tenant-milan", "milan"));
  await client.create(ctx, namespaces, tenantNamespace("liqo-tenant-oslo", "oslo"));
  await client.create(ctx, namespaces, { metadata: { name: "web" } });
  await using informers = new Informers(ctx, client);
  const validate = validateTenant({ informers } as unknown as Deps);
  await informers.synced();
  const judged = async (tenant: Tenant) => wordsOf(await validate(ctx, admissionRequest(tenant)));

  assert.equal(await judged(forgeTenant("milan", "liqo-tenant-milan", "milan")), "");
  assert.match(await judged(forgeTenant("milan", "web", "milan")), /namespace web is not a tenant namespace/);
  assert.match(await judged(forgeTenant("milan", "gone", "milan")), /namespace gone is not a tenant namespace/);
  assert.match(
    await judged(forgeTenant("oslo", "liqo-tenant-milan", "oslo")),
    /spec\.clusterID oslo must equal the label .* \(found oslo, milan\)/,
  );
  assert.match(await judged(forgeTenant("milan", "liqo-tenant-milan", "milan", "oslo")), /\(found oslo, milan\)/);

  const made = await client.create(ctx, tenants, forgeTenant("milan", "liqo-tenant-milan", "milan"));
  const store = informers.for(tenants).store;
  const heard = new Promise<void>((resolve) => informers.for(tenants).addHandler({ added: () => resolve() }));
  await heard;
  assert.equal(store.list().length, 1);
  assert.match(await judged(forgeTenant("again", "liqo-tenant-milan", "milan")), /already has a Tenant/);
  assert.match(await judged(forgeTenant("milan", "liqo-tenant-oslo", "oslo")), /a Tenant named milan already exists/);
  assert.equal(await judged(made), "");
});

for (const { name, own, answer } of [
  { name: "without labels", own: {}, answer: { [labels.REMOTE_CLUSTER_ID]: "milan" } },
  { name: "with others", own: { labels: { a: "b" } }, answer: { a: "b", [labels.REMOTE_CLUSTER_ID]: "milan" } },
  { name: "with one already", own: { labels: { [labels.REMOTE_CLUSTER_ID]: "oslo" } }, answer: undefined },
])
  test(`a Tenant ${name} is labelled with its peer, or left as it is`, async () => {
    const ctx = { signal: new AbortController().signal } as never;
    const tenant = { metadata: { name: "milan", ...own }, spec: { clusterID: "milan" } };
    const value = answer;
    const expected = value === undefined ? {} : { patch: [{ op: "add", path: "/metadata/labels", value }] };
    assert.deepEqual(await mutateTenant(ctx, admissionRequest(tenant)), { allowed: true, ...expected });
  });
