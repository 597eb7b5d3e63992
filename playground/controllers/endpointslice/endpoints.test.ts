import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, Service } from "kubernetes-types/core/v1";
import { forgeEndpoints } from "./endpoints.ts";

const service: Service = { metadata: { name: "web", namespace: "off" }, spec: { ports: [{ port: 80 }] } };
const pod = (ip: string, more: Pod["metadata"] = {}, ready = "True"): Pod => ({
  metadata: { name: `pod-${ip}`, ...more },
  status: { podIP: ip, conditions: [{ type: "Ready", status: ready }] },
});
const ending = { deletionTimestamp: "2026-01-01T00:00:00Z" };

for (const [name, chosen, expected] of [
  ["no pods", [], []],
  ["one that is ready, one that is not", [pod("10.0.0.1"), pod("10.0.0.2", {}, "False")], [["10.0.0.1"], ["10.0.0.2"]]],
  ["one that is ending beside one that is not", [pod("10.0.0.1", ending), pod("10.0.0.2")], [["10.0.0.2"], []]],
  ["all of them ending: no subset, which an API server would refuse", [pod("10.0.0.1", ending)], []],
] as const) {
  test(`Endpoints of ${name}`, () => {
    const [subset, ...more] = forgeEndpoints(service, chosen).subsets ?? [];
    const ips = (list: readonly { ip: string }[] = []): string[] => list.map(({ ip }) => ip);
    assert.deepEqual(subset === undefined ? [] : [ips(subset.addresses), ips(subset.notReadyAddresses)], expected);
    assert.equal(more.length, 0);
  });
}

test("Endpoints name pod, node and port as the slices do, and are this controller's", () => {
  const named: Service = { ...service, spec: { ports: [{ name: "http", port: 80 }] } };
  const [withNode, without] = [pod("10.0.0.1"), pod("10.0.0.2")];
  const { metadata, subsets } = forgeEndpoints(named, [
    { ...withNode, spec: { containers: [], nodeName: "n" } },
    without,
  ]);
  assert.deepEqual(metadata?.labels, { "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  const targetRef = (name: string) => ({ kind: "Pod", namespace: "", name, uid: "" });
  assert.deepEqual(subsets, [
    {
      addresses: [
        { ip: "10.0.0.1", nodeName: "n", targetRef: targetRef("pod-10.0.0.1") },
        { ip: "10.0.0.2", targetRef: targetRef("pod-10.0.0.2") },
      ],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    },
  ]);
  assert.deepEqual(forgeEndpoints(service, [withNode]).subsets?.[0]?.ports, [{ port: 80, protocol: "TCP" }]);
});
