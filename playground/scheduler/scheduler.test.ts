import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { asking, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { type EngineParts, startEngineParts } from "#kit/engine-parts.ts";
import { nodes, persistentVolumeClaims, pods, storageClasses } from "#machinery/builtin.ts";
import { runScheduler } from "./scheduler.ts";

/** A pod of one container that asks for this much cpu. */
function newPod(name: string, cpu: string, spec: Partial<Pod["spec"]> = {}): Pod {
  const { metadata, spec: own } = podNamed(name, { spec: { ...asking({ cpu }), ...spec } });
  const { uid: _given, ...rest } = metadata ?? {};
  return { metadata: rest, spec: own ?? { containers: [] } };
}

function startScheduler(parts: EngineParts): void {
  const { client, informers, events, nowMs } = parts.deps;
  parts.runUntilEnd(runScheduler(parts.ctx, { client, informers, events, nowMs, random: () => 0 }));
}

const key = (name: string) => ({ namespace: "off", name });
const isBound = ({ spec }: Pod): boolean => spec?.nodeName !== undefined;
const isRefused = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status: value }) => type === "PodScheduled" && value === "False");

test("of the pods that wait the one of the highest priority gets the room, whoever came first", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  await client.create(ctx, pods, newPod("first", "3"));
  await client.create(ctx, pods, newPod("important", "3", { priority: 1_000 }));
  startScheduler(parts);
  const bound = await parts.seen(pods, key("important"), isBound);
  assert.equal(bound.spec?.nodeName, "rome-1");
  const { status } = await parts.seen(pods, key("first"), isRefused);
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  assert.equal(condition?.reason, "Unschedulable");
  assert.equal(
    condition?.message,
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  );
  assert.equal(await parts.told("FailedScheduling"), condition?.message);
  assert.equal(await parts.told("Scheduled"), "Successfully assigned off/important to rome-1");
});

test("a pod that fits nowhere is bound when a node comes, one is uncordoned, or another pod goes", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  startScheduler(parts);
  await client.create(ctx, pods, newPod("a", "3"));
  await parts.seen(pods, key("a"), isRefused);
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  await parts.seen(pods, key("a"), isBound);
  await client.create(ctx, pods, newPod("b", "3"));
  await parts.seen(pods, key("b"), isRefused);
  await client.delete(ctx, pods, key("a"), { gracePeriodSeconds: 0 });
  await parts.seen(pods, key("b"), isBound);
  await client.create(ctx, nodes, nodeNamed("rome-2", { spec: { unschedulable: true } }));
  await client.create(ctx, pods, newPod("c", "3"));
  await parts.seen(pods, key("c"), isRefused);
  await client.patch(ctx, nodes, { name: "rome-2" }, "merge", { spec: { unschedulable: null } });
  assert.equal((await parts.seen(pods, key("c"), isBound)).spec?.nodeName, "rome-2");
});

test("pods of another scheduler, and those behind a gate, are left alone", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  await client.create(ctx, pods, newPod("foreign", "1", { schedulerName: "other" }));
  await client.create(ctx, pods, newPod("gated", "1", { schedulingGates: [{ name: "example.com/wait" }] }));
  startScheduler(parts);
  // Later than both: when it has a node, they have been looked at.
  await client.create(ctx, pods, newPod("ours", "1", { priority: -1 }));
  await parts.seen(pods, key("ours"), isBound);
  assert.equal((await client.get(ctx, pods, key("foreign"))).spec?.nodeName, undefined);
  assert.equal((await client.get(ctx, pods, key("gated"))).spec?.nodeName, undefined);
  await client.patch(ctx, pods, key("gated"), "merge", { spec: { schedulingGates: null } });
  await parts.seen(pods, key("gated"), isBound);
});

test("a claim that waits for its first consumer is told the node before the pod is bound", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  const provisioner = "rancher.io/local-path";
  await client.create(ctx, storageClasses, {
    metadata: { name: "late" },
    provisioner,
    volumeBindingMode: "WaitForFirstConsumer",
  });
  await client.create(ctx, persistentVolumeClaims, {
    metadata: { name: "data", namespace: "off" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "late" },
  });
  const volumes = [{ name: "d", persistentVolumeClaim: { claimName: "data" } }];
  await client.create(ctx, pods, newPod("db", "1", { volumes }));
  startScheduler(parts);
  const SELECTED = "volume.kubernetes.io/selected-node";
  await parts.seen(
    persistentVolumeClaims,
    key("data"),
    ({ metadata }) => metadata?.annotations?.[SELECTED] === "rome-1",
  );
  assert.equal((await client.get(ctx, pods, key("db"))).spec?.nodeName, undefined);
  // It has its room there.
  await client.create(ctx, pods, newPod("greedy", "3500m"));
  await parts.seen(pods, key("greedy"), isRefused);
  const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
  const spec = { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/srv/v" } };
  await client.raw(ctx, "POST", "/api/v1/persistentvolumes", { metadata: { name: "v" }, spec });
  await client.patch(ctx, persistentVolumeClaims, key("data"), "merge", {
    metadata: { annotations },
    spec: { volumeName: "v" },
  });
  const status = { phase: "Bound" };
  await client.patch(ctx, persistentVolumeClaims, key("data"), "merge", { status }, { subresource: "status" });
  await parts.seen(pods, key("db"), isBound);
});

test("a binding that is refused is tried again, and takes no room meanwhile", async () => {
  let refusals = 0;
  let isForbidden = true;
  const thrice = Promise.withResolvers<void>();
  const forbids = ({ subresource, name }: { subresource: string; name: string }): boolean => {
    if (subresource !== "binding" || name !== "refused" || !isForbidden) return false;
    refusals += 1;
    if (refusals === 3) thrice.resolve();
    return true;
  };
  await using parts = await startEngineParts({ forbids });
  const { ctx, client } = parts;
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  startScheduler(parts);
  await client.create(ctx, pods, newPod("refused", "3"));
  await thrice.promise;
  await client.create(ctx, pods, newPod("other", "3"));
  await parts.seen(pods, key("other"), isBound);
  isForbidden = false;
  await client.delete(ctx, pods, key("other"), { gracePeriodSeconds: 0 });
  await parts.seen(pods, key("refused"), isBound);
});
