import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { shadowEndpointSlices, shadowPods } from "#api/offloading/shadow.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { gone, seen, startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import {
  eventAbout,
  here,
  NODE,
  owned,
  prepare,
  running,
  runRemotely,
  startKubelet,
  TENANT,
  there,
  webPod,
} from "#kit/virtual-kubelet.ts";
import {
  configMaps,
  coreEvents,
  endpointSlices,
  leases,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  serviceAccounts,
  services,
} from "#machinery/builtin.ts";

/** Pod `web` with a service account of its own, whose token it mounts. */
async function createPodWithToken({ ctx, consumer }: TwoClusters): Promise<void> {
  await consumer.client.create(ctx, serviceAccounts, { metadata: here("web") });
  const volume = { name: "api", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } };
  const pod = webPod("web");
  await consumer.client.create(ctx, pods, {
    ...pod,
    spec: { containers: [], ...pod.spec, serviceAccountName: "web", volumes: [volume] },
  });
}

test("the Node appears with capacity, labels, taint and lease, follows the VirtualNode and is made again", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  const ready = (cpu: string) => (node: { status?: { capacity?: object; conditions?: object[] } }) =>
    JSON.stringify(node.status?.capacity ?? {}).includes(`"cpu":"${cpu}"`) && node.status?.conditions !== undefined;
  const node = await seen(consumer.client, nodes, NODE, ready("4"));
  assert.equal(node.metadata?.labels?.["zone"], "milan");
  assert.deepEqual(node.spec?.taints?.[0]?.key, "virtual-node.liqo.io/not-allowed");
  await seen(consumer.client, leases, { namespace: "kube-node-lease", name: "cluster-b" });
  await consumer.client.patch(ctx, virtualNodes, { namespace: TENANT, name: "cluster-b" }, "merge", {
    spec: { resourceQuota: { hard: { cpu: "8" } }, labels: { zone: null, region: "it" } },
  });
  await seen(consumer.client, nodes, NODE, ready("8"));
  const relabelled = await seen(consumer.client, nodes, NODE, (n) => n.metadata?.labels?.["region"] === "it");
  assert.equal(relabelled.metadata?.labels?.["zone"], undefined);
  await consumer.client.delete(ctx, nodes, NODE);
  const again = await seen(consumer.client, nodes, NODE, (n) => n.metadata?.uid !== node.metadata?.uid);
  assert.notEqual(again.metadata?.uid, node.metadata?.uid);
});

test("ConfigMaps and Services are copied, changed and deleted with the local ones", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, configMaps, { metadata: here("settings"), data: { colour: "blue", size: "L" } });
  await consumer.client.create(ctx, configMaps, { metadata: here("kube-root-ca.crt"), data: { "ca.crt": "x" } });
  const copy = await seen(provider.client, configMaps, there("settings"));
  assert.deepEqual(copy.metadata?.labels, owned);
  await seen(provider.client, configMaps, there("kube-root-ca.crt.clust"));
  await consumer.client.patch(ctx, configMaps, here("settings"), "merge", { data: { colour: "red", size: null } });
  const changed = await seen(provider.client, configMaps, there("settings"), (c) => c.data?.["colour"] === "red");
  assert.deepEqual(changed.data, { colour: "red" });
  await consumer.client.create(ctx, services, {
    metadata: here("web"),
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await seen(provider.client, services, there("web"));
  await provider.client.delete(ctx, services, there("web"));
  await seen(provider.client, services, there("web"));
  await consumer.client.delete(ctx, services, here("web"));
  await gone(provider.client, services, there("web"));
  await consumer.client.patch(ctx, configMaps, here("settings"), "merge", {
    metadata: { annotations: { "liqo.io/skip-reflection": "true" } },
  });
  await gone(provider.client, configMaps, there("settings"));
});

test("an object of the provider is neither changed nor deleted", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await provider.client.create(ctx, configMaps, { metadata: there("settings"), data: { colour: "theirs" } });
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, configMaps, { metadata: here("settings"), data: { colour: "ours" } });
  await eventAbout(clusters, "settings", "remote object already exists");
  await consumer.client.delete(ctx, configMaps, here("settings"));
  // Proof that the deletion was dealt with: an object created after it has come through.
  await consumer.client.create(ctx, configMaps, { metadata: here("later"), data: {} });
  await seen(provider.client, configMaps, there("later"));
  const theirs = await provider.client.get(ctx, configMaps, there("settings"));
  assert.deepEqual(theirs.data, { colour: "theirs" });
});

test("what changed while nobody looked is put right at the start, both ends gone included", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  {
    await using _first = startKubelet(clusters);
    for (const name of ["changed", "deleted", "both"])
      await consumer.client.create(ctx, configMaps, { metadata: here(name), data: { v: "1", old: "x" } });
    for (const name of ["changed", "deleted", "both"]) await seen(provider.client, configMaps, there(name));
  }
  await consumer.client.update(ctx, configMaps, { metadata: here("changed"), data: { v: "2" } });
  await consumer.client.delete(ctx, configMaps, here("deleted"));
  await consumer.client.delete(ctx, configMaps, here("both"));
  await provider.client.delete(ctx, configMaps, there("both"));
  await using _second = startKubelet(clusters);
  const changed = await seen(provider.client, configMaps, there("changed"), (c) => c.data?.["v"] === "2");
  assert.deepEqual(changed.data, { v: "2" });
  await gone(provider.client, configMaps, there("deleted"));
  await gone(provider.client, configMaps, there("both"));
});

test("a pod becomes a ShadowPod, its status comes home, and its end is the ShadowPod's", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await consumer.client.create(ctx, pods, webPod("web"));
  const remote = await runRemotely(clusters, "web", { ...running("10.245.1.7", 0), message: "first" });
  const home = await seen(consumer.client, pods, here("web"), (p) => p.status?.phase === "Running");
  assert.equal(home.status?.message, "first");
  assert.deepEqual([home.status?.podIP, home.status?.hostIP], ["10.245.1.7", "127.0.0.1"]);
  assert.equal(home.metadata?.labels?.["liqo.io/shadowPod"], "true");
  await provider.client.updateStatus(ctx, pods, { ...remote, status: running("10.245.1.8", 2) });
  const later = await seen(consumer.client, pods, here("web"), (p) => p.status?.podIP === "10.245.1.8");
  assert.equal(later.status?.containerStatuses?.[0]?.restartCount, 2);
  assert.equal(later.status?.message, undefined);
  const labels = { app: null, tier: "front", "liqo.io/shadowPod": null };
  await consumer.client.patch(ctx, pods, here("web"), "merge", { metadata: { labels } });
  const relabelled = await seen(
    provider.client,
    shadowPods,
    there("web"),
    (s) => s.metadata?.labels?.["tier"] === "front",
  );
  assert.equal(relabelled.metadata?.labels?.["app"], undefined);
  await seen(consumer.client, pods, here("web"), (p) => p.metadata?.labels?.["liqo.io/shadowPod"] === "true");
  await consumer.client.delete(ctx, pods, here("web"));
  await gone(provider.client, shadowPods, there("web"));
  await provider.client.delete(ctx, pods, there("web"), { gracePeriodSeconds: 0 });
  await gone(consumer.client, pods, here("web"));
});

test("restarts add up over the remote pods, and a restarted virtual kubelet forgets none", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  const count = (p: Pod): number | undefined => p.status?.containerStatuses?.[0]?.restartCount;
  {
    await using _first = startKubelet(clusters);
    await consumer.client.create(ctx, pods, webPod("web"));
    await runRemotely(clusters, "web", running("10.245.1.7", 2));
    await seen(consumer.client, pods, here("web"), (p) => count(p) === 2);
    await provider.client.delete(ctx, pods, there("web"), { gracePeriodSeconds: 0 });
    await runRemotely(clusters, "web", running("10.245.1.9", 0));
    await seen(consumer.client, pods, here("web"), (p) => count(p) === 3);
  }
  await using _second = startKubelet(clusters);
  const remote = await provider.client.get(ctx, pods, there("web"));
  await provider.client.updateStatus(ctx, pods, { ...remote, status: running("10.245.1.10", 1) });
  const home = await seen(consumer.client, pods, here("web"), (p) => p.status?.podIP === "10.245.1.10");
  assert.ok((count(home) ?? 0) >= 3);
});

test("tokens, slices and events: what a pod needs goes out, what happens to it comes home", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters);
  await createPodWithToken(clusters);
  const token = await seen(provider.client, secrets, there("web-token"));
  assert.deepEqual(Object.keys(token.data ?? {}), ["api-3c469e"]);
  await consumer.client.create(ctx, nodes, { metadata: { name: "worker-node-1" } });
  await consumer.client.create(ctx, endpointSlices, {
    metadata: { ...here("web-1"), labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 80 }],
    endpoints: [
      { addresses: ["10.244.1.5"], nodeName: "worker-node-1" },
      { addresses: ["10.245.1.7"], nodeName: "cluster-b" },
    ],
  });
  const addresses = (s: { spec?: { template?: { endpoints?: readonly { addresses: readonly string[] }[] } } }) =>
    (s.spec?.template?.endpoints ?? []).flatMap((e) => e.addresses).join();
  await seen(provider.client, shadowEndpointSlices, there("web-1"), (s) => addresses(s) === "10.244.1.5");
  await provider.client.create(ctx, coreEvents, {
    metadata: there("web.1"),
    involvedObject: { kind: "Pod", ...there("web") },
    reason: "Started",
    message: "Started container web",
    source: { component: "kubelet" },
  });
  const event = await seen(consumer.client, coreEvents, here("web.1"));
  assert.equal(event.source?.component, "kubelet (remote)");
});

test("a Secret of the provider that has the name of a token Secret is left alone", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, provider } = clusters;
  await prepare(clusters);
  await provider.client.create(ctx, secrets, { metadata: there("web-token"), data: { theirs: "eA==" } });
  await using _kubelet = startKubelet(clusters);
  await createPodWithToken(clusters);
  await eventAbout(clusters, "web", "remote object already exists");
  assert.deepEqual((await provider.client.get(ctx, secrets, there("web-token"))).data, { theirs: "eA==" });
});

test("a claim of the virtual storage class is made at the provider and bound by a placeholder at home", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await prepare(clusters);
  await using _kubelet = startKubelet(clusters, "--enable-storage", "--remote-real-storage-class-name=fast");
  await seen(consumer.client, nodes, NODE, (n) => n.metadata?.labels?.["liqo.io/remote-cluster-id"] === "cluster-b");
  const claim = await consumer.client.create(ctx, persistentVolumeClaims, {
    metadata: {
      ...here("data"),
      annotations: {
        "volume.kubernetes.io/selected-node": "cluster-b",
        "volume.kubernetes.io/storage-provisioner": "liqo.io/storage",
        own: "kept",
      },
    },
    spec: {
      storageClassName: "liqo",
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    },
  });
  const remote = await seen(provider.client, persistentVolumeClaims, there("data"));
  assert.deepEqual([remote.spec?.storageClassName, remote.metadata?.annotations?.["own"]], ["fast", "kept"]);
  const volume = await seen(consumer.client, persistentVolumes, { name: `pvc-${claim.metadata?.uid}` });
  assert.equal(volume.spec?.claimRef?.uid, claim.metadata?.uid);
  // Deleted and made anew before anybody has looked: as the copy looks to who comes back after a while.
  const annotations = { "storage.liqo.io/virtual-pvc-uid": "of an earlier claim" };
  await provider.client.patch(ctx, persistentVolumeClaims, there("data"), "merge", { metadata: { annotations } });
  await seen(
    provider.client,
    persistentVolumeClaims,
    there("data"),
    ({ metadata }) => metadata?.uid !== remote.metadata?.uid,
  );
  await consumer.client.delete(ctx, persistentVolumeClaims, here("data"));
  await gone(provider.client, persistentVolumeClaims, there("data"));
});
