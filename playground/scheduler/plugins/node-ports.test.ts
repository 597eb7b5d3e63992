import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerPort, Pod } from "kubernetes-types/core/v1";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodePorts } from "./node-ports.ts";

const REASONS = ["node(s) didn't have free ports for the requested pod ports"];
const withPorts = (name: string, ...ports: ContainerPort[]): Pod =>
  podNamed(name, { spec: { nodeName: "rome-1", containers: [{ name: "main", image: "main", ports }] } });
const present = withPorts("present", { containerPort: 80, hostPort: 8080 });

for (const [name, port, expected] of [
  ["no host port", { containerPort: 80 }, undefined],
  ["another host port", { containerPort: 80, hostPort: 8081 }, undefined],
  ["the same host port", { containerPort: 81, hostPort: 8080 }, REASONS],
  ["the same of another protocol", { containerPort: 80, hostPort: 8080, protocol: "UDP" }, undefined],
] as [string, ContainerPort, string[] | undefined][]) {
  test(`NodePorts: ${name}`, () => {
    const rejection = nodePorts.filter?.(withPorts("web", port), ...firstNode([nodeNamed("rome-1")], [present]));
    assert.deepEqual(rejection?.reasons, expected);
    assert.equal(rejection?.resolvable, expected === undefined ? undefined : true);
  });
}

test("NodePorts: a pod that has ended holds no port", () => {
  const ended = { ...present, status: { phase: "Succeeded" } };
  const pod = withPorts("web", { containerPort: 80, hostPort: 8080 });
  assert.equal(nodePorts.filter?.(pod, ...firstNode([nodeNamed("rome-1")], [ended])), undefined);
});
