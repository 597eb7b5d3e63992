import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { asking, clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { fitError } from "./fit-error.ts";
import { DEFAULT_PLUGINS, schedule } from "./schedule.ts";

test("reasons are counted and sorted as text; an obstacle stands alone", () => {
  const reasons = [...Array<string>(10).fill("Insufficient cpu"), "Too many pods", ...Array<string>(2).fill("b")];
  assert.equal(fitError(13, reasons), "0/13 nodes are available: 1 Too many pods, 10 Insufficient cpu, 2 b.");
  assert.equal(
    fitError(3, 'persistentvolumeclaim "data" not found', "more."),
    '0/3 nodes are available: persistentvolumeclaim "data" not found. more.',
  );
});

/** Why a pod of priority 10 that asks for 2 cpu fits nowhere. */
function whyNot(nodes: readonly Node[], pods: readonly Pod[], spec: Partial<Pod["spec"]> = {}): string {
  const pod = podNamed("new", { spec: { ...asking({ cpu: "2" }), priority: 10, ...spec } });
  const decision = schedule(pod, clusterOf(nodes, pods), DEFAULT_PLUGINS, () => 0);
  return decision.do === "wait" ? decision.message : decision.nodeName;
}

const rome = nodeNamed("rome-1");
const tainted = nodeNamed("rome-2", { spec: { taints: [{ key: "spot", effect: "NoSchedule" }] } });
const busy = (priority: number, cpu: string): Pod =>
  podNamed(`busy-${priority}`, { spec: { ...asking({ cpu }), nodeName: "rome-1", priority } });
const HEAD = "0/1 nodes are available: 1 Insufficient cpu.";
const CLAIMS = "no new claims to deallocate, preemption:";

for (const [name, nodes, pods, spec, expected] of [
  ["there is no node", [], [], {}, "no nodes available to schedule pods"],
  [
    "the node is too small",
    [nodeNamed("small", { status: { allocatable: { cpu: "1" } } })],
    [],
    {},
    `${HEAD} ${CLAIMS} 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  ],
  [
    "pods of the same priority fill it",
    [rome],
    [busy(10, "3")],
    {},
    `${HEAD} ${CLAIMS} 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  ],
  [
    "it would not fit without those of lower priority either",
    [rome],
    [busy(10, "3"), busy(0, "1")],
    {},
    `${HEAD} ${CLAIMS} 0/1 nodes are available: 1 Insufficient cpu.`,
  ],
  ["it would fit without those of lower priority, which stay here", [rome], [busy(0, "3")], {}, HEAD],
  [
    "it is not to push anybody out",
    [rome],
    [busy(0, "3")],
    { preemptionPolicy: "Never" },
    `${HEAD} ${CLAIMS} not eligible due to preemptionPolicy=Never.`,
  ],
  [
    "each node has its own reason",
    [rome, tainted],
    [busy(10, "3")],
    {},
    `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). ${CLAIMS} 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  ],
  [
    "its claim is not there",
    [rome, tainted],
    [],
    { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }] },
    `0/2 nodes are available: persistentvolumeclaim "data" not found. ${CLAIMS} 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  ],
] as [string, Node[], Pod[], Partial<Pod["spec"]>, string][]) {
  test(`a pod fits nowhere when ${name}`, () => assert.equal(whyNot(nodes, pods, spec), expected));
}
