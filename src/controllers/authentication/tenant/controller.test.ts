import assert from "node:assert/strict";
import { test } from "node:test";
import * as annotations from "#api/annotations.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { withCancel } from "#base/context.ts";
import { base64 } from "#forge/authentication.ts";
import { sliceUserName } from "#forge/names.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { gone, seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { clusterRoleBindings, coreEvents } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { remoteResourceSliceController } from "../remoteresourceslice/controller.ts";
import { tenantController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.provider;

test("a Tenant outside its tenant namespace gets no rights, whatever the webhook let through", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const own = { [labels.WEBHOOK_SKIP]: "true" };
  const spec = { authzPolicy: "TolerateNoHandshake" } as const;
  const evil = { metadata: { namespace: "default", name: "evil", labels: own }, spec: { ...spec, clusterID: "evil" } };
  await client.create(ctx, tenants, evil);
  await client.create(ctx, tenants, {
    metadata: { namespace, name: "cluster-a" },
    spec: { ...spec, clusterID: "cluster-a" },
  });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, tenantController(controllerDeps(client, informers)));
  const prefix = "liqo-binding-liqo-virtual-kubelet-remote-clusterwide";
  const binding = { name: `${prefix}-cluster-a` };
  const granted = await seen(client, clusterRoleBindings, binding);
  const key = { namespace, name: "cluster-a" };
  const told = await seen(client, tenants, key, ({ status }) => status?.tenantNamespace !== undefined);
  const revisionOf = ({ metadata }: KubeObject) => Number(metadata?.resourceVersion);
  assert.ok(revisionOf(granted) < revisionOf(told), "it is told before it has its rights");
  await client.delete(ctx, clusterRoleBindings, binding);
  // Somebody took it away: it comes back.
  await seen(client, clusterRoleBindings, binding, ({ metadata }) => metadata?.uid !== granted.metadata?.uid);
  assert.equal(await client.find(ctx, clusterRoleBindings, { name: `${prefix}-evil` }), undefined);
  await eventually("it is told of", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: "default" });
    assert.ok(items.some(({ reason }) => reason === "WrongNamespace"));
  });
  cancel();
  await running;
});

test("a slice is denied outside its consumer's tenant namespace, and with another key than the Tenant's", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const subject = { commonName: sliceUserName("s", "cluster-a"), organizations: ["cluster-a"] };
  const csr = base64(await createCsr(generateKeyPair("ed25519").privateKey, subject));
  const publicKey = base64(generateKeyPair("ed25519").publicKey);
  for (const place of ["default", namespace]) {
    const key = { namespace: place, name: "cluster-a" };
    await client.create(ctx, tenants, { metadata: key, spec: { clusterID: "cluster-a", publicKey } });
    await client.create(ctx, resourceSlices, {
      metadata: { namespace: place, name: "s", labels: { [labels.REPLICATED]: "true" } },
      spec: { consumerClusterID: "cluster-a", providerClusterID: "cluster-b", csr },
    });
  }
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, remoteResourceSliceController(controllerDeps(client, informers)));
  for (const [place, message] of [
    ["default", /default is not the tenant namespace of cluster-a/],
    [namespace, /another key than spec\.publicKey of the Tenant/],
  ] as const) {
    const key = { namespace: place, name: "s" };
    const slice = await seen(client, resourceSlices, key, ({ status }) => status?.conditions !== undefined);
    const [condition] = slice.status?.conditions ?? [];
    assert.equal(condition?.status, "Denied");
    assert.match(condition?.message ?? "", message);
  }
  cancel();
  await running;
});

test("a slice that arrives while its tenant is cordoned is marked, and goes when the tenant is drained", async () => {
  const key = { namespace, name: "cluster-a" };
  const binding = { name: "liqo-binding-liqo-virtual-kubelet-remote-clusterwide-cluster-a" };
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const spec = { clusterID: "cluster-a", authzPolicy: "TolerateNoHandshake", tenantCondition: "Cordoned" } as const;
  await client.create(ctx, tenants, { metadata: key, spec });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, tenantController(controllerDeps(client, informers)));
  await seen(client, clusterRoleBindings, binding);
  const slice = { namespace, name: "s" };
  await client.create(ctx, resourceSlices, {
    metadata: { ...slice, labels: { [labels.REPLICATED]: "true" } },
    spec: { consumerClusterID: "cluster-a", providerClusterID: "cluster-b" },
  });
  const isMarked = ({ metadata }: KubeObject) => metadata?.annotations?.[annotations.CORDON_TENANT] === "true";
  await seen(client, resourceSlices, slice, isMarked);
  await client.patch(ctx, tenants, key, "merge", { spec: { tenantCondition: "Active" } });
  await seen(client, resourceSlices, slice, (found) => !isMarked(found));
  await client.patch(ctx, tenants, key, "merge", { spec: { tenantCondition: "Drained" } });
  await gone(client, resourceSlices, slice);
  await gone(client, clusterRoleBindings, binding);
  await client.patch(ctx, tenants, key, "merge", { spec: { tenantCondition: "Active" } });
  await seen(client, clusterRoleBindings, binding);
  await client.delete(ctx, tenants, key);
  await gone(client, tenants, key);
  assert.equal(await client.find(ctx, clusterRoleBindings, binding), undefined);
  cancel();
  await running;
});
