import assert from "node:assert/strict";
import { test } from "node:test";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { withCancel } from "#base/context.ts";
import { base64, forgeControlPlaneIdentity } from "#forge/authentication.ts";
import { createClusterKeys } from "#kit/cluster-keys.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, secrets } from "#machinery/builtin.ts";
import { createCa } from "#pki/certificate.ts";
import { identityController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.consumer;
const CERTIFICATE = base64((await createCa("rome")).certificate);
const PARAMS = { apiServer: "https://rome.test", signedCRT: CERTIFICATE };

function identityIn(place: string): Identity {
  return forgeControlPlaneIdentity("cluster-b", place, "liqo-tenant-cluster-a", PARAMS);
}

test("the cluster's key is put into Secrets of the peer's tenant namespace only", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await client.create(ctx, identities, identityIn("off"));
  await client.create(ctx, identities, identityIn(namespace));
  await using informers = new Informers(ctx, client);
  await createClusterKeys(ctx, client);
  const running = runController(ctx, identityController(controllerDeps(client, informers)));
  const name = "controlplane-cluster-b";
  await seen(client, secrets, { namespace, name: `kubeconfig-${name}` });
  await eventually("the other is told of", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: "off" });
    assert.deepEqual(
      items.map(({ reason, message }) => `${reason}: ${message}`),
      ["WrongNamespace: namespace off is not the tenant namespace of cluster-b"],
    );
  });
  assert.deepEqual((await client.list(ctx, secrets, { namespace: "off" })).items, []);
  cancel();
  await running;
});

test("a Renew of its name that the peer replicated hither does not change an Identity", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const key = { namespace, name: "controlplane-cluster-b" };
  const renew = await client.create(ctx, renews, { metadata: key, spec: { consumerClusterID: "cluster-b" } });
  const authParams = {
    ...PARAMS,
    apiServer: "https://evil.test",
    signedCRT: base64((await createCa("evil")).certificate),
  };
  await client.updateStatus(ctx, renews, { ...renew, status: { authParams } });
  await client.create(ctx, identities, identityIn(namespace));
  await using informers = new Informers(ctx, client);
  await createClusterKeys(ctx, client);
  const running = runController(ctx, identityController(controllerDeps(client, informers)));
  const made = await seen(client, identities, key, ({ status }) => status?.kubeconfigSecretRef !== undefined);
  assert.equal(made.spec?.authParams?.apiServer, PARAMS.apiServer);
  cancel();
  await running;
});
