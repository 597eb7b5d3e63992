import assert from "node:assert/strict";
import { test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { withCancel } from "#base/context.ts";
import { base64 } from "#forge/authentication.ts";
import { createClusterKeys } from "#kit/cluster-keys.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents } from "#machinery/builtin.ts";
import { createCa } from "#pki/certificate.ts";
import { localResourceSliceController } from "./controller.ts";

const KEY = { namespace: TENANT_NAMESPACES.consumer, name: "rome" };
const NODE = { ...KEY, name: "liqo-rome" };

test("a provider's answer is taken as far as it can be meant, and what is left out is told", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const ca = base64((await createCa("rome")).certificate);
  const slice = await client.create(ctx, resourceSlices, {
    metadata: { ...KEY, annotations: { "liqo.io/create-virtual-node": "true" } },
    spec: { class: "default", consumerClusterID: "cluster-a", providerClusterID: "cluster-b", csr: base64("csr") },
  });
  await using informers = new Informers(ctx, client);
  await createClusterKeys(ctx, client);
  const running = runController(ctx, localResourceSliceController(controllerDeps(client, informers)));
  const accepted = (type: "Authentication" | "Resources") => ({ type, status: "Accepted" as const });
  const status = {
    conditions: [accepted("Authentication"), accepted("Resources")],
    authParams: { apiServer: "http://rome.test", ca, signedCRT: ca },
    resources: { cpu: "4", memory: "-1" },
    nodeLabels: { zone: "west", "node-role.kubernetes.io/control-plane": "" },
  };
  const answered = await client.updateStatus(ctx, resourceSlices, { ...slice, status });
  await told("must be a URL that begins with https://");
  assert.equal(await client.find(ctx, identities, { ...KEY, name: "resourceslice-rome" }), undefined);
  const authParams = { apiServer: "https://rome.test", ca, signedCRT: ca };
  await client.updateStatus(ctx, resourceSlices, { ...answered, status: { ...status, authParams } });
  const identity = await seen(client, identities, { ...KEY, name: "resourceslice-rome" });
  const reference = { kubeconfigSecretRef: { name: "kubeconfig-rome" } };
  await client.updateStatus(ctx, identities, { ...identity, status: reference });
  const node = await seen(client, virtualNodes, NODE);
  assert.deepEqual(node.spec?.resourceQuota, { hard: { cpu: "4" } });
  assert.deepEqual(node.spec?.labels, { zone: "west", "liqo.io/remote-cluster-id": "cluster-b" });
  await told("resource memory, label node-role.kubernetes.io/control-plane");
  cancel();
  await running;

  async function told(text: string): Promise<void> {
    await eventually(text, async () => {
      const { items } = await client.list(ctx, coreEvents, { namespace: KEY.namespace });
      assert.ok(items.some(({ message }) => message?.includes(text)));
    });
  }
});
