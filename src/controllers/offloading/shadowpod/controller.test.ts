import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { gone, seen, startTwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, namespaces, pods } from "#machinery/builtin.ts";
import { shadowPodController } from "./controller.ts";
import { planShadowPod } from "./plan.ts";

test("a pod of that name that is somebody else's is told of, and its phase is not the ShadowPod's", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace: "default", name: "web" };
  const spec = { containers: [{ name: "c", image: "i" }] };
  const pod = await client.create(ctx, pods, { metadata: key, spec });
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running" } });
  await client.create(ctx, shadowPods, { metadata: key, spec: { pod: spec } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers)));
  await eventually("it is told", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: "default" });
    assert.ok(
      items.some(({ reason, message }) => reason === "FailedCreatePod" && /does not belong/.test(message ?? "")),
    );
  });
  assert.equal((await client.get(ctx, shadowPods, key)).status?.phase, undefined);
  cancel();
  await running;
});

test("a pod takes no mark of Liqo from its ShadowPod, but those that reflection goes by", () => {
  const own = { app: "web", "offloading.liqo.io/origin": "milan", "liqo.io/creator-user": "u" };
  const forged = {
    "networking.liqo.io/component": "gateway",
    "networking.liqo.io/active": "true",
    "liqo.io/shadowPod": "",
  };
  const shadow = {
    metadata: { name: "a", labels: { ...own, ...forged }, annotations: { "liqo.io/x": "y", note: "kept" } },
    spec: { pod: { containers: [] } },
  };
  const plan = planShadowPod(shadow, undefined);
  assert.deepEqual(plan.do === "create" ? [plan.pod.metadata?.labels, plan.pod.metadata?.annotations] : plan, [
    { ...own, "liqo.io/managed-by": "shadowpod" },
    { note: "kept" },
  ]);
});

const SPEC = { containers: [{ name: "c", image: "i" }] };
const KEY = { namespace: "off-cluster-a", name: "web" };

test("a refusal is in the status until the pod is there, and is not asked about all the time", async () => {
  const refused = { resource: "pods", reason: "exceeded quota" };
  await using clusters = await startTwoClusters({ refused });
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const clock = steppedClock();
  await client.create(ctx, shadowPods, { metadata: KEY, spec: { pod: SPEC } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers, clock)));
  const status = (await seen(client, shadowPods, KEY, (shadow) => shadow.status?.reason !== undefined)).status;
  assert.deepEqual([status?.phase, status?.reason], ["Pending", "FailedCreate"]);
  assert.match(status?.message ?? "", /exceeded quota/);
  refused.resource = "nothing";
  // A change does not hurry it: a consumer could make as many as it likes.
  await client.patch(ctx, shadowPods, KEY, "merge", { metadata: { labels: { changed: "true" } } });
  // Proof that the change was dealt with: one that came after it has its pod.
  await client.create(ctx, shadowPods, { metadata: { ...KEY, name: "later" }, spec: { pod: SPEC } });
  await seen(client, pods, { ...KEY, name: "later" });
  assert.equal(await client.find(ctx, pods, KEY), undefined);
  clock.step(1_000);
  await client.patch(ctx, shadowPods, KEY, "merge", { metadata: { labels: { changed: "again" } } });
  const pod = await seen(client, pods, KEY);
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Pending" } });
  await seen(client, shadowPods, KEY, (shadow) => shadow.status?.message === undefined);
  cancel();
  await running;
});

test("a pod does not outlive a ShadowPod that was deleted without it", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const twin = { metadata: { annotations: { "liqo.io/managed-by-namespace-map": "liqo-tenant-a/a" } } };
  await client.patch(ctx, namespaces, { name: KEY.namespace }, "merge", twin);
  await client.create(ctx, pods, { metadata: { ...KEY, labels: { "liqo.io/managed-by": "shadowpod" } }, spec: SPEC });
  await client.create(ctx, pods, { metadata: { ...KEY, name: "other" }, spec: SPEC });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers)));
  await gone(client, pods, KEY);
  assert.notEqual(await client.find(ctx, pods, { ...KEY, name: "other" }), undefined);
  cancel();
  await running;
});

test("a pod ends within the time that its ShadowPod says before it is deleted, and is neither cut off nor made again", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers)));
  for (const [name, wish, expected] of [
    ["web", "5", 5],
    ["hasty", "0", 1],
  ] as const) {
    const key = { ...KEY, name };
    await client.create(ctx, shadowPods, { metadata: key, spec: { pod: SPEC } });
    const pod = await seen(client, pods, key);
    // A pod without a node goes at once.
    await client.createSubresource(ctx, pods, key, "binding", { metadata: key, target: { kind: "Node", name: "n" } });
    const annotations = { "offloading.liqo.io/deletion-grace-period-seconds": wish };
    await client.patch(ctx, shadowPods, key, "merge", { metadata: { annotations } });
    const ending = await seen(client, pods, key, ({ metadata }) => metadata?.deletionTimestamp !== undefined);
    assert.deepEqual(
      [ending.metadata?.uid, ending.metadata?.deletionGracePeriodSeconds],
      [pod.metadata?.uid, expected],
    );
    const shadow = await client.get(ctx, shadowPods, key);
    assert.equal(planShadowPod(shadow, undefined).do, "nothing");
  }
  cancel();
  await running;
});

test("a pod follows its ShadowPod, and what is refused of it holds up nothing else", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  await client.create(ctx, shadowPods, { metadata: KEY, spec: { pod: { ...SPEC, activeDeadlineSeconds: 60 } } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers)));
  await seen(client, pods, KEY);
  const debug = { name: "dbg", image: "busybox", terminationMessagePolicy: "File" as const };
  const containers = [{ name: "c", image: "other" }];
  // Kubernetes lets a deadline come nearer, never go away further.
  const pod = { containers, activeDeadlineSeconds: 90, ephemeralContainers: [debug] };
  await client.patch(ctx, shadowPods, KEY, "merge", { spec: { pod } });
  const changed = await seen(client, pods, KEY, ({ spec }) => (spec?.ephemeralContainers ?? []).length > 0);
  assert.deepEqual(
    [changed.spec?.containers[0]?.image, changed.spec?.ephemeralContainers?.[0]?.name],
    ["other", "dbg"],
  );
  await eventually("the refusal is told", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: KEY.namespace });
    const told = items.find(({ reason }) => reason === "FailedUpdatePod");
    assert.match(told?.message ?? "", /activeDeadlineSeconds/);
    assert.equal(told?.involvedObject.kind, "ShadowPod");
  });
  await client.patch(ctx, shadowPods, KEY, "merge", { spec: { pod: { activeDeadlineSeconds: 30 } } });
  await seen(client, pods, KEY, ({ spec }) => spec?.activeDeadlineSeconds === 30);
  cancel();
  await running;
});

const cidr = (pod: string, external: string) => ({ cidr: { pod: [pod], external: [external] } });
const remote = cidr("10.244.0.0/16", "10.70.0.0/16");
const withAlias = {
  metadata: { name: "web" },
  spec: { pod: { ...SPEC, hostAliases: [{ ip: "10.70.0.1", hostnames: ["kubernetes.default"] }] } },
};

for (const [name, shadow, network, expected] of [
  ["without network its addresses are its own", withAlias, undefined, "10.70.0.1"],
  [
    "with one they are those behind the tunnel",
    withAlias,
    { spec: { remote }, status: { remote: cidr("10.245.0.0/16", "10.71.0.0/16") } },
    "10.71.0.1",
  ],
  ["until they are known it waits", withAlias, { spec: { remote } }, "wait"],
  ["unless it has none", { metadata: { name: "web" }, spec: { pod: SPEC } }, { spec: { remote } }, undefined],
] as const) {
  test(`the home API server of a new pod: ${name}`, () => {
    const plan = planShadowPod(
      structuredClone(shadow) as ShadowPod,
      undefined,
      structuredClone(network) as Configuration,
    );
    assert.equal(plan.do === "create" ? plan.pod.spec?.hostAliases?.[0]?.ip : plan.do, expected);
  });
}
