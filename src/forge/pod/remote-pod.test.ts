import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "kubernetes-types/core/v1";
import { forgeRemotePod } from "./remote-pod.ts";

const containers = [{ name: "web", image: "nginx" }];
const spec: PodSpec = { containers, nodeSelector: { disk: "ssd" }, terminationGracePeriodSeconds: 5 };

const taken: readonly Partial<PodSpec>[] = [
  { hostNetwork: true },
  { hostPID: true },
  { hostIPC: true },
  { nodeName: "control-plane" },
  { schedulerName: "theirs" },
  { priorityClassName: "system-node-critical" },
  { priorityClassName: "production" },
  { priority: 2_000_001_000 },
  { preemptionPolicy: "PreemptLowerPriority" },
];

for (const wish of taken) {
  test(`a consumer's ${JSON.stringify(wish)} is not the provider's`, () => {
    const pod = forgeRemotePod({ metadata: { name: "web", namespace: "off" }, spec: { pod: { ...spec, ...wish } } });
    assert.deepEqual(pod.spec, spec);
  });
}

test("a pod has the consumer's labels, and of Liqo's own only those that say whose it is", () => {
  const own = {
    app: "web",
    "example.com/liqo.io": "x",
    "liqo.io/creator-user": "milan",
    "offloading.liqo.io/origin": "milan",
  };
  const forged = {
    "liqo.io/shadowPod": "true",
    "networking.liqo.io/component": "gateway",
    "networking.liqo.io/active": "true",
    "liqo.io/managed-by": "somebody",
  };
  const pod = forgeRemotePod({ metadata: { name: "web", labels: { ...own, ...forged } }, spec: { pod: spec } });
  assert.deepEqual(pod.metadata?.labels, { ...own, "liqo.io/managed-by": "shadowpod" });
});

test("host aliases have the address that reaches the consumer from here", () => {
  const hostAliases = [
    { ip: "10.70.0.1", hostnames: ["kubernetes.default"] },
    { ip: "192.0.2.7", hostnames: ["outside"] },
  ];
  const seen = (address: string) => (address === "10.70.0.1" ? "10.71.0.1" : undefined);
  const pod = forgeRemotePod({ metadata: { name: "web" }, spec: { pod: { ...spec, hostAliases } } }, seen);
  assert.deepEqual(
    pod.spec?.hostAliases?.map(({ ip }) => ip),
    ["10.71.0.1", "192.0.2.7"],
  );
});
