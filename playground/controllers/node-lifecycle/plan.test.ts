import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, NodeCondition, Taint } from "kubernetes-types/core/v1";
import { heartbeatOf, lostConditions, wantedTaints } from "./plan.ts";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const condition = (type: string, status: string): NodeCondition => ({ type, status });
const node = (conditions: NodeCondition[], spec: Node["spec"] = {}): Node => ({ spec, status: { conditions } });
const key = (name: string) => `node.kubernetes.io/${name}`;

for (const [name, of, expected] of [
  ["all is well", node([condition("Ready", "True")]), []],
  ["it is not ready", node([condition("Ready", "False")]), ["not-ready NoSchedule", "not-ready NoExecute"]],
  ["it is lost", node([condition("Ready", "Unknown")]), ["unreachable NoSchedule", "unreachable NoExecute"]],
  ["it is cordoned", node([], { unschedulable: true }), ["unschedulable NoSchedule"]],
  ["it has no network", node([condition("NetworkUnavailable", "True")]), ["network-unavailable NoSchedule"]],
  [
    "all presses",
    node(["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => condition(type, "True"))),
    ["memory-pressure NoSchedule", "disk-pressure NoSchedule", "pid-pressure NoSchedule"],
  ],
] as [string, Node, string[]][]) {
  test(`the taints of a node: ${name}`, () => {
    const taints = wantedTaints(of, NOW);
    assert.deepEqual(
      taints.map((taint) => `${taint.key} ${taint.effect}`),
      expected.map(key),
    );
    for (const { timeAdded } of taints) assert.equal(timeAdded, "2026-01-01T00:01:00Z");
  });
}

test("taints of others stay, ours go with their reason and keep the time they came", () => {
  const foreign: Taint = { key: "spot", effect: "NoSchedule" };
  const own: Taint = { key: key("not-ready"), effect: "NoExecute", timeAdded: "2026-01-01T00:00:00Z" };
  const over: Taint = { key: key("disk-pressure"), effect: "NoSchedule" };
  const taints = wantedTaints(node([condition("Ready", "False")], { taints: [foreign, own, over] }), NOW);
  assert.equal(taints.length, 3);
  assert.ok(taints.includes(foreign) && taints.includes(own));
});

test("a lost node is Unknown in all that its kubelet says, and keeps what others say", () => {
  const before = node([condition("Ready", "True"), condition("NetworkUnavailable", "False")]);
  const lost = lostConditions(before, NOW) ?? [];
  assert.deepEqual(
    lost.map(({ type, status }) => `${type} ${status}`),
    [
      "NetworkUnavailable False",
      "Ready Unknown",
      "MemoryPressure Unknown",
      "DiskPressure Unknown",
      "PIDPressure Unknown",
    ],
  );
  const ready = lost.find(({ type }) => type === "Ready");
  assert.equal(ready?.reason, "NodeStatusUnknown");
  assert.equal(ready?.message, "Kubelet stopped posting node status.");
  assert.equal(ready?.lastTransitionTime, "2026-01-01T00:01:00Z");
  assert.equal(lostConditions(node(lost), NOW + 60_000), undefined);
});

test("a heartbeat is a renewed lease or a new status", () => {
  const beat = (renewTime: string | undefined, lastHeartbeatTime: string) =>
    heartbeatOf({ status: { conditions: [{ ...condition("Ready", "True"), lastHeartbeatTime }] } }, renewTime);
  assert.equal(beat("a", "b"), beat("a", "b"));
  assert.notEqual(beat("a", "b"), beat("c", "b"));
  assert.notEqual(beat("a", "b"), beat("a", "c"));
  assert.notEqual(beat(undefined, "b"), beat("b", ""));
});
