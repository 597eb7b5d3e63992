import assert from "node:assert/strict";
import { test } from "node:test";
import { shadowPods } from "#api/offloading/shadow.ts";
import { seen, startTwoClusters } from "#kit/two-clusters.ts";
import { eventAbout, here, prepare, running, runRemotely, startKubelet, there, webPod } from "#kit/virtual-kubelet.ts";
import { pods } from "#machinery/builtin.ts";

test("the ShadowPod follows what changes in a running pod, and a debugging container's status comes back", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  const remote = await runRemotely(clusters, "web", running("10.245.1.7", 0));
  await seen(consumer.client, pods, here("web"), (pod) => pod.status?.phase === "Running");
  const container = { name: "web", image: "nginx:2" };
  const spec = { containers: [container], activeDeadlineSeconds: 600 };
  await consumer.client.patch(ctx, pods, here("web"), "strategic", { spec });
  const debug = { spec: { ephemeralContainers: [{ name: "dbg", image: "busybox", targetContainerName: "web" }] } };
  const subresource = "ephemeralcontainers";
  await consumer.client.patch(ctx, pods, here("web"), "strategic", debug, { subresource });
  const shadow = await seen(provider.client, shadowPods, there("web"), ({ spec }) => {
    const { containers, activeDeadlineSeconds, ephemeralContainers } = spec?.pod ?? {};
    return containers?.[0]?.image === "nginx:2" && activeDeadlineSeconds === 600 && ephemeralContainers !== undefined;
  });
  assert.deepEqual(
    shadow.spec?.pod?.ephemeralContainers?.map(({ name, targetContainerName }) => [name, targetContainerName]),
    [["dbg", "web"]],
  );
  const state = { terminated: { exitCode: 3 } };
  const ended = { name: "dbg", image: "busybox", imageID: "", ready: false, restartCount: 0, state };
  const status = { ...remote.status, ephemeralContainerStatuses: [ended] };
  await provider.client.updateStatus(ctx, pods, { ...remote, status });
  const home = await seen(
    consumer.client,
    pods,
    here("web"),
    (pod) => pod.status?.ephemeralContainerStatuses !== undefined,
  );
  assert.equal(home.status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode, 3);
  await seen(provider.client, shadowPods, there("web"), (pod) => pod.spec?.pod?.ephemeralContainers === undefined);
});

test("a change that the provider refuses is told of, and the status comes back all the same", async () => {
  const refused = { resource: "nothing", reason: "not here", verb: "patch" };
  await using clusters = await startTwoClusters({ refused });
  const { ctx, consumer } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  const remote = await runRemotely(clusters, "web", running("10.245.1.7", 0));
  await seen(consumer.client, pods, here("web"), (pod) => pod.status?.phase === "Running");
  refused.resource = "shadowpods";
  await consumer.client.patch(ctx, pods, here("web"), "strategic", {
    spec: { containers: [{ name: "web", image: "nginx:2" }] },
  });
  await eventAbout(clusters, "web", "not here");
  const status = running("10.245.1.8", 1);
  await clusters.provider.client.updateStatus(ctx, pods, { ...remote, status });
  await seen(consumer.client, pods, here("web"), (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1);
});
