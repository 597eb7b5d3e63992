import assert from "node:assert/strict";
import { test } from "node:test";
import { shadowPods } from "#api/offloading/shadow.ts";
import { seen, startTwoClusters } from "#kit/two-clusters.ts";
import { eventAbout, here, prepare, running, runRemotely, startKubelet, there, webPod } from "#kit/virtual-kubelet.ts";
import { pods } from "#machinery/builtin.ts";

test("a ShadowPod that the provider refuses leaves the pod Pending with the reason", async () => {
  await using clusters = await startTwoClusters({ refused: { resource: "shadowpods", reason: "quota exceeded" } });
  const { ctx, consumer } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  const pod = await seen(consumer.client, pods, here("web"), (p) => p.status?.reason === "OffloadingRefused");
  assert.equal(pod.status?.phase, "Pending");
  assert.match(pod.status?.message ?? "", /quota exceeded/);
  await eventAbout(clusters, "web", "quota exceeded");
});

test("a pod that the provider refuses tells why, until it is made after all", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  await seen(provider.client, shadowPods, there("web"));
  const refusal = 'pods "web" is forbidden: violates PodSecurity "baseline:latest"';
  const message = `Error creating the pod in cluster "cluster-b": ${refusal}`;
  const status = { phase: "Pending", reason: "FailedCreate", message: refusal };
  await provider.client.patch(ctx, shadowPods, there("web"), "merge", { status }, { subresource: "status" });
  const waiting = await seen(consumer.client, pods, here("web"), (p) => p.status?.reason === "OffloadingRefused");
  assert.deepEqual([waiting.status?.phase, waiting.status?.message], ["Pending", message]);
  const ready = waiting.status?.conditions?.find(({ type }) => type === "Ready");
  assert.deepEqual([ready?.status, ready?.reason, ready?.message], ["False", "OffloadingRefused", message]);
  await eventAbout(clusters, "web", message);
  await runRemotely(clusters, "web", running("10.245.1.7", 0));
  const home = await seen(consumer.client, pods, here("web"), (p) => p.status?.phase === "Running");
  assert.deepEqual([home.status?.reason, home.status?.message], [undefined, undefined]);
  assert.notEqual(home.status?.conditions?.find(({ type }) => type === "Ready")?.reason, "OffloadingRefused");
});

test("a ShadowPod that is made after all takes the reason of the refusal away", async () => {
  const refused = { resource: "shadowpods", reason: "quota exceeded" };
  await using clusters = await startTwoClusters({ refused });
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  await seen(consumer.client, pods, here("web"), (p) => p.status?.reason === "OffloadingRefused");
  refused.resource = "nothing";
  await seen(provider.client, shadowPods, there("web"));
  const pod = await seen(consumer.client, pods, here("web"), (p) => p.status?.reason === undefined);
  assert.deepEqual([pod.status?.phase, pod.status?.message], ["Pending", undefined]);
  const stale = pod.status?.conditions?.find(({ reason }) => reason === "OffloadingRefused");
  assert.equal(stale, undefined);
});

test("a pod whose name is taken at the provider says so, until it is free", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await provider.client.create(ctx, pods, { ...webPod("web"), metadata: there("web") });
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  const waiting = await seen(consumer.client, pods, here("web"), (p) => p.status?.reason === "OffloadingRefused");
  const message = waiting.status?.message ?? "";
  assert.match(message, /^Error reflecting object to cluster "cluster-b": remote object already exists in namespace /);
  assert.equal(waiting.status?.conditions?.find(({ type }) => type === "Ready")?.message, message);
  await eventAbout(clusters, "web", message);
  await provider.client.delete(ctx, pods, there("web"), { gracePeriodSeconds: 0 });
  await seen(provider.client, shadowPods, there("web"));
  await seen(consumer.client, pods, here("web"), ({ status }) => status?.reason === undefined);
});
