import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "kubernetes-types/core/v1";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { leases, nodes, pods } from "#machinery/builtin.ts";
import { isReady } from "#machinery/pod.ts";
import { nodeLifecycleController } from "./controller.ts";

const key = { name: "rome-1" };
const READY = [{ type: "Ready", status: "True" }];
const ready = (node: Node): string | undefined => node.status?.conditions?.find(({ type }) => type === "Ready")?.status;
const taints = (node: Node): string[] => (node.spec?.taints ?? []).map((taint) => `${taint.key} ${taint.effect}`);

test("a node that is heard of no more is Unknown, tainted, and its pods are not ready; a heartbeat brings it back", async () => {
  const clock = { nowMs: Date.now() };
  await using parts = await startEngineParts({ nowMs: () => clock.nowMs });
  const { ctx, client } = parts;
  const pod = { namespace: "off", name: "web" };
  await client.create(ctx, nodes, nodeNamed("rome-1", { status: { conditions: READY } }));
  const spec = { containers: [{ name: "c", image: "i" }], nodeName: "rome-1" };
  await client.create(ctx, pods, { metadata: pod, spec });
  await client.patch(ctx, pods, pod, "merge", { status: { conditions: READY } }, { subresource: "status" });
  parts.run(nodeLifecycleController);
  // The first look is when the cordon has come to be a taint.
  await client.patch(ctx, nodes, key, "merge", { spec: { unschedulable: true } });
  await parts.seen(nodes, key, (node) => taints(node).join() === "node.kubernetes.io/unschedulable NoSchedule");
  clock.nowMs += parts.deps.settings.nodeMonitorGraceMs;
  // The clock was stepped, which no timer hears of: a change makes the controller look.
  await client.patch(ctx, nodes, key, "merge", { spec: { unschedulable: false } });
  const lost = await parts.seen(nodes, key, (node) => taints(node).length === 2);
  assert.equal(ready(lost), "Unknown");
  assert.deepEqual(taints(lost), [
    "node.kubernetes.io/unreachable NoSchedule",
    "node.kubernetes.io/unreachable NoExecute",
  ]);
  await parts.seen(pods, pod, (seen) => !isReady(seen));
  assert.equal(await parts.told("NodeNotReady"), "Node rome-1 status is now: NodeNotReady");
  // The kubelet is back: it renews its lease and says that all is well.
  const renewTime = "2026-01-01T00:00:00.000000Z";
  await client.create(ctx, leases, { metadata: { namespace: "kube-node-lease", name: "rome-1" }, spec: { renewTime } });
  await client.patch(ctx, nodes, key, "strategic", { status: { conditions: READY } }, { subresource: "status" });
  await parts.seen(nodes, key, (node) => ready(node) === "True" && taints(node).length === 0);
});
