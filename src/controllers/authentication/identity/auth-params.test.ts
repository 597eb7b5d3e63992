import assert from "node:assert/strict";
import { test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { withCancel } from "#base/context.ts";
import { base64 } from "#forge/authentication.ts";
import { createClusterKeys } from "#kit/cluster-keys.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, secrets } from "#machinery/builtin.ts";
import { controllerReference } from "#machinery/meta.ts";
import { createCa } from "#pki/certificate.ts";
import { identityController } from "./controller.ts";

const NAMESPACE = "liqo-tenant-cluster-b";

test("no kubeconfig is made of a provider's word that cannot be used, be it the first or a later one", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const ca = base64((await createCa("rome")).certificate);
  const good = { apiServer: "https://rome.test", ca, signedCRT: ca };
  const spec = { clusterID: "cluster-b", type: "ResourceSlice" as const };
  const first = { metadata: { namespace: NAMESPACE, name: "first" }, spec };
  await client.create(ctx, identities, { ...first, spec: { ...spec, authParams: { ...good, ca: base64("none") } } });
  const later = { metadata: { namespace: NAMESPACE, name: "later" }, spec: { ...spec, authParams: good } };
  const owner = controllerReference(await client.create(ctx, identities, later));
  const renew = await client.create(ctx, renews, {
    metadata: { ...later.metadata, ownerReferences: [owner] },
    spec: { consumerClusterID: "milan" },
  });
  const forged = { ...good, apiServer: "file:///etc/passwd", signedCRT: base64("new") };
  await client.updateStatus(ctx, renews, { ...renew, status: { authParams: forged } });
  await using informers = new Informers(ctx, client);
  await createClusterKeys(ctx, client);
  const running = runController(ctx, identityController(controllerDeps(client, informers)));
  await eventually("both are told of", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: NAMESPACE });
    const told = items.filter(({ reason }) => reason === "InvalidAuthParams");
    assert.deepEqual(told.map(({ involvedObject }) => involvedObject.name).sort(), ["first", "later"]);
  });
  assert.deepEqual((await client.get(ctx, identities, later.metadata)).spec?.authParams, good);
  const { items } = await client.list(ctx, secrets, { namespace: NAMESPACE });
  assert.deepEqual(items, []);
  cancel();
  await running;
});
