import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Pod } from "kubernetes-types/core/v1";
import { shadowNetworkPolicies } from "#api/offloading/shadow.ts";
import { eventually } from "#kit/eventually.ts";
import { gone, seen, startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { here, owned, prepare, startKubelet, there } from "#kit/virtual-kubelet.ts";
import { coreEvents, networkPolicies, nodes, pods } from "#machinery/builtin.ts";

const FLAGS = [
  "--networkpolicy-reflection-workers=3",
  "--local-podcidr=10.244.0.0/16",
  "--remote-pod-cidr=10.244.0.0/16",
  "--remote-pod-cidr-remap=10.245.0.0/16",
];
const web = { matchLabels: { app: "web" } };
const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from: [{ podSelector: web }] }] };

async function makePod({ ctx, consumer }: TwoClusters, name: string, nodeName: string, podIP: string): Promise<Pod> {
  const metadata = { ...here(name), labels: { app: "web" } };
  await consumer.client.create(ctx, pods, { metadata, spec: { nodeName, containers: [{ name: "c", image: "i" }] } });
  const status = { podIP, podIPs: [{ ip: podIP }], phase: "Running" };
  return consumer.client.patch(ctx, pods, here(name), "merge", { status }, { subresource: "status" });
}

function addressesOf(shadow: { spec?: { ingress?: { peers?: { addresses?: string[] }[] }[] } }): string[] | undefined {
  return shadow.spec?.ingress?.[0]?.peers?.flatMap(({ addresses }) => addresses ?? []);
}

test("a policy goes to the twin, with the addresses of pods that run elsewhere, which follow them", async () => {
  await using clusters = await startTwoClusters();
  await prepare(clusters);
  const { ctx, consumer, provider } = clusters;
  await consumer.client.create(ctx, nodes, { metadata: { name: "worker" } });
  await makePod(clusters, "one", "worker", "10.244.0.3");
  await makePod(clusters, "away", "cluster-b", "10.245.0.9");
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  await consumer.client.create(ctx, networkPolicies, { metadata: here("web"), spec });
  const shadow = await seen(provider.client, shadowNetworkPolicies, there("web"));
  assert.deepEqual(addressesOf(shadow), ["10.244.0.3"]);
  assert.deepEqual(shadow.metadata?.labels, owned);
  await makePod(clusters, "two", "worker", "10.244.0.4");
  await seen(provider.client, shadowNetworkPolicies, there("web"), (each) => addressesOf(each)?.length === 2);
  await consumer.client.delete(ctx, pods, here("one"), { gracePeriodSeconds: 0 });
  const third = await seen(
    provider.client,
    shadowNetworkPolicies,
    there("web"),
    (each) => addressesOf(each)?.length === 1,
  );
  assert.deepEqual(addressesOf(third), ["10.244.0.4"]);
  // A change that policies do not speak of is no write.
  const annotated = { metadata: { annotations: { note: "x" } } };
  await consumer.client.patch(ctx, pods, here("two"), "merge", annotated);
  await delay(500);
  const last = await provider.client.get(ctx, shadowNetworkPolicies, there("web"));
  assert.equal(last.metadata?.resourceVersion, third.metadata?.resourceVersion);
  await consumer.client.delete(ctx, networkPolicies, here("web"));
  await gone(provider.client, shadowNetworkPolicies, there("web"));
});

test("what the provider says of its copy is told about the policy", async () => {
  await using clusters = await startTwoClusters();
  await prepare(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  await consumer.client.create(ctx, networkPolicies, { metadata: here("web"), spec });
  await seen(provider.client, shadowNetworkPolicies, there("web"));
  await provider.client.create(ctx, coreEvents, {
    metadata: there("web.1"),
    involvedObject: { apiVersion: "offloading.liqo.io/v1beta1", kind: "ShadowNetworkPolicy", ...there("web") },
    reason: "PolicyRulesRefused",
    message: "has policies of its own",
  });
  const { involvedObject } = await seen(consumer.client, coreEvents, here("web.1"));
  const { metadata } = await consumer.client.get(ctx, networkPolicies, here("web"));
  assert.deepEqual(
    [involvedObject.kind, involvedObject.apiVersion, involvedObject.uid],
    ["NetworkPolicy", "networking.k8s.io/v1", metadata?.uid],
  );
});

test("a provider that takes no policies is told of, and its pods stay open", async () => {
  await using clusters = await startTwoClusters({ forbidden: new Set(["shadownetworkpolicies"]) });
  await prepare(clusters);
  const { ctx, consumer } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  await consumer.client.create(ctx, networkPolicies, { metadata: here("web"), spec });
  await eventually("an event", async () => {
    const { items } = await consumer.client.list(ctx, coreEvents, { namespace: "off" });
    const told = items.find(({ involvedObject }) => involvedObject.name === "web");
    assert.match(told?.message ?? "", /takes no NetworkPolicies, so its pods stay open/);
  });
});

test("what cannot be said there is told by its field, and one that is to stay at home stays", async () => {
  await using clusters = await startTwoClusters();
  await prepare(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  const odd = { ...spec, ingress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }] }] };
  await consumer.client.create(ctx, networkPolicies, { metadata: here("odd"), spec: odd });
  const annotations = { "liqo.io/skip-reflection": "true" };
  await consumer.client.create(ctx, networkPolicies, { metadata: { ...here("home"), annotations }, spec });
  const shadow = await seen(provider.client, shadowNetworkPolicies, there("odd"));
  assert.deepEqual(shadow.spec, { podSelector: {}, policyTypes: ["Ingress"] });
  await eventually("events about both", async () => {
    const { items } = await consumer.client.list(ctx, coreEvents, { namespace: "off" });
    const told = (name: string) => items.find(({ involvedObject }) => involvedObject.name === name);
    assert.equal(told("odd")?.reason, "PartialReflection");
    assert.match(told("odd")?.message ?? "", /spec\.ingress\[0\]\.from\[0\]\.ipBlock: fd00::\/8 is not of IPv4/);
    assert.equal(told("home")?.reason, "ReflectionDisabled");
  });
  const { items } = await provider.client.list(ctx, shadowNetworkPolicies, { namespace: "off-cluster-a" });
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ["odd"],
  );
});
