import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { asking, firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";

const present = (name: string, requests: Record<string, string>): Pod =>
  podNamed(name, { spec: { ...asking(requests), nodeName: "rome-1" } });
const busy = present("busy", { cpu: "3", memory: "6Gi" });
const crowd = Array.from({ length: 10 }, (_, i) => present(`p${i}`, {}));

for (const [name, requests, pods, expected, resolvable] of [
  ["a pod that asks for nothing", {}, [busy], undefined, undefined],
  ["what is left", { cpu: "1", memory: "2Gi" }, [busy], undefined, undefined],
  ["more cpu than is left", { cpu: "1001m" }, [busy], ["Insufficient cpu"], true],
  ["more of both", { cpu: "2", memory: "3Gi" }, [busy], ["Insufficient cpu", "Insufficient memory"], true],
  ["more than the node has", { cpu: "5" }, [], ["Insufficient cpu"], false],
  [
    "one too much for now, one for ever",
    { cpu: "2", memory: "9Gi" },
    [busy],
    ["Insufficient cpu", "Insufficient memory"],
    false,
  ],
  ["a resource that it does not have", { "example.com/gpu": "1" }, [], ["Insufficient example.com/gpu"], false],
  ["none of a resource that it does not have", { "example.com/gpu": "0" }, [], undefined, undefined],
  ["a full node", { cpu: "1" }, crowd, ["Too many pods"], true],
] as [string, Record<string, string>, Pod[], string[] | undefined, boolean | undefined][]) {
  test(`NodeResourcesFit: ${name}`, () => {
    const pod = podNamed("web", { spec: asking(requests) });
    const rejection = nodeResourcesFit.filter?.(pod, ...firstNode([nodeNamed("rome-1")], pods));
    assert.deepEqual([rejection?.reasons, rejection?.resolvable], [expected, resolvable]);
  });
}

test("NodeResourcesFit scores the mean share of cpu and memory that stays free", () => {
  const pod = podNamed("web", { spec: asking({ cpu: "1", memory: "4Gi" }) });
  assert.equal(nodeResourcesFit.score?.(pod, ...firstNode([nodeNamed("rome-1")])), 62.5);
  assert.equal(nodeResourcesFit.score?.(pod, ...firstNode([nodeNamed("rome-1")], [busy])), 0);
});

test("NodeResourcesFit takes a pod that asks for nothing for one of 100m and 200Mi", () => {
  const node = nodeNamed("rome-1", { status: { allocatable: { cpu: "1", memory: "1000Mi" } } });
  assert.equal(Math.round(nodeResourcesFit.score?.(podNamed("web"), ...firstNode([node])) ?? 0), 85);
});

test("NodeResourcesFit finds nothing free on a node that has nothing", () => {
  const node = nodeNamed("rome-1", { status: { allocatable: { cpu: "0", memory: "0" } } });
  assert.equal(nodeResourcesFit.score?.(podNamed("web"), ...firstNode([node])), 0);
});
