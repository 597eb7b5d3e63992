import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { shadowPods } from "#api/offloading/shadow.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { base64 } from "#forge/authentication.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { coreEvents, nodes, pods, secrets } from "#machinery/builtin.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";

const TENANT = TENANT_NAMESPACES.consumer;
const LABELS = { "liqo.io/remote-cluster-id": "cluster-b" };
const CONTAINERS = [{ name: "web", image: "nginx" }];
const READY = [{ type: "Ready", status: "True" }];

describe("why", () => {
  let clusters: CliClusters;
  const why = (args: string) => clusters.liqoctl(`why ${args} -n off`);

  before(async () => {
    clusters = await startCliClusters();
    const { ctx, consumer, provider } = clusters;
    const home = consumer.client;
    await home.create(ctx, foreignClusters, { metadata: { name: "cluster-b" }, spec: { clusterID: "cluster-b" } });
    await createWithStatus(ctx, home, nodes, {
      metadata: { name: "far", labels: { ...LABELS, "liqo.io/type": "virtual-node" } },
      status: { conditions: READY },
    });
    await createWithStatus(ctx, home, namespaceMaps, {
      metadata: { name: "cluster-b", namespace: TENANT },
      spec: { desiredMapping: { off: "off-cluster-a" } },
      status: { currentMapping: { off: { phase: "Accepted", remoteNamespace: "off-cluster-a" } } },
    });
    await home.create(ctx, virtualNodes, {
      metadata: { name: "far", namespace: TENANT },
      spec: { clusterID: "cluster-b", kubeconfigSecretRef: { name: "identity" } },
    });
    await createWithStatus(ctx, home, pods, {
      metadata: { name: "web", namespace: "off" },
      spec: { nodeName: "far", containers: CONTAINERS },
      status: { phase: "Pending" },
    });
    await provider.client.create(ctx, shadowPods, { metadata: { name: "web", namespace: "off-cluster-a" } });
    const waiting = { reason: "ErrImagePull", message: "there is none" };
    const container = { name: "web", image: "nginx", imageID: "", ready: false, restartCount: 0, state: { waiting } };
    await createWithStatus(ctx, provider.client, pods, {
      metadata: {
        name: "web",
        namespace: "off-cluster-a",
        labels: { "offloading.liqo.io/destination": "cluster-b" },
      },
      spec: { nodeName: "worker", containers: CONTAINERS },
      status: { phase: "Pending", containerStatuses: [container] },
    });
  });
  after(() => clusters[Symbol.asyncDispose]());

  async function giveIdentity(server: string): Promise<void> {
    const { ctx, consumer, provider } = clusters;
    const { ca, adminCertificate } = provider.api;
    const config = forgeKubeconfig({ cluster: "b", server, ca, user: "vk", credentials: adminCertificate });
    await consumer.client.apply(
      ctx,
      secrets,
      { metadata: { name: "identity", namespace: TENANT }, data: { kubeconfig: base64(JSON.stringify(config)) } },
      { fieldManager: "test", force: true },
    );
  }

  test("the provider is asked as the peering's identity", async () => {
    await giveIdentity(clusters.provider.api.url);
    const { code, stdout } = await why("pod/web");
    assert.equal(code, 0);
    assert.match(stdout, /^✓ namespace +off is not offloaded.*\n✓ scheduling +to far, a virtual node\n✓ node /);
    assert.match(
      stdout,
      /✓ twin +namespace off-cluster-a at cluster-b\n✓ ShadowPod .*\n✓ scheduling +at cluster-b, to worker\n/,
    );
    assert.match(stdout, /✗ image +container web: image "nginx": there is none\n +→ check the image's name.*\n$/);
  });

  for (const spelling of ["pods/web", "po web", "Pod web", "pods.v1/web"])
    test(`${spelling} is the pod, too`, async () => {
      const { code, stdout } = await why(spelling);
      assert.equal(code, 0);
      assert.match(stdout, /✗ image/);
    });

  test("for programs, the same as JSON", async () => {
    const { stdout } = await why("po/web -o json");
    const { kind, whole, links } = JSON.parse(stdout) as { kind: string; whole: boolean; links: { link: string }[] };
    assert.deepEqual([kind, whole, links.at(-1)?.link], ["Pod", false, "image"]);
  });

  test("a kubeconfig that runs a program is not followed, and a named context is asked in its place", async () => {
    const { ctx, consumer } = clusters;
    const { url: server, ca } = clusters.provider.api;
    const config = forgeKubeconfig({ cluster: "b", server, ca, user: "vk", credentials: { token: "t" } as never });
    const evil = { ...config, users: [{ name: "vk", user: { exec: { command: "touch" } } }] };
    const data = { kubeconfig: base64(JSON.stringify(evil)) };
    await consumer.client.patch(ctx, secrets, { namespace: TENANT, name: "identity" }, "merge", { data });
    assert.match(
      (await why("pod/web")).stdout,
      /\? provider +cluster-b could not be asked: .*exec.*\n +→ give --remote-context/,
    );
    assert.match((await why("pod/web --remote-context provider")).stdout, /✗ image/);
  });

  test("what the provider refuses is told by the event", async () => {
    const { ctx, consumer } = clusters;
    await createWithStatus(ctx, consumer.client, pods, {
      metadata: { name: "refused", namespace: "off" },
      spec: { nodeName: "far", containers: CONTAINERS },
      status: { phase: "Pending" },
    });
    await consumer.client.create(ctx, coreEvents, {
      metadata: { name: "refused.1", namespace: "off" },
      involvedObject: { kind: "Pod", name: "refused", namespace: "off" },
      ...{
        reason: "FailedReflection",
        message: "exceeded quota",
        type: "Warning",
        lastTimestamp: "2026-01-01T00:00:00Z",
      },
    });
    const { stdout } = await why("pod/refused --remote-context provider");
    assert.match(stdout, /✗ ShadowPod +exceeded quota\n/);
  });

  for (const [args, message] of [
    ["pod/nobody", /pod off\/nobody does not exist/],
    ["web", /"web" is no object/],
    ["deployment/web", /"deployment" is nothing that can be asked for/],
    ["pod/", /"pod\/" is no object/],
    ["pod web extra", /"pod web extra" is no object/],
    ["service/nobody", /service off\/nobody does not exist/],
    ["pvc/nobody", /persistentvolumeclaim off\/nobody does not exist/],
    ["node/nobody", /node nobody does not exist/],
    ["ns/nobody", /namespace nobody does not exist/],
    ["fc/nobody", /foreigncluster nobody does not exist/],
  ] as const)
    test(`${args} is refused`, async () => {
      const { code, stderr } = await why(args);
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
});
