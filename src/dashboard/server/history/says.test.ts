import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterItem, NodeItem, PeeringItem, PodItem, ServiceItem, WorkloadItem } from "../../model/items.ts";
import { healthOf, says } from "./says.ts";

const pod: PodItem = {
  ...{ key: "pod/milan/shop/web-1", cluster: "milan", kind: "pod", namespace: "shop", name: "web-1", uid: "u1" },
  ...{ node: "worker-1", health: "good", status: "Running", ready: "1/1", restarts: 0, containers: ["web"] },
  ...{ createdAt: "2026-01-01T00:00:00Z", role: "native" },
};
const node: NodeItem = {
  ...{ key: "node/milan//worker-1", cluster: "milan", kind: "node", name: "worker-1", ready: true, cordoned: false },
  allocatable: { cpu: 1, memory: 1 },
};
const cluster: ClusterItem = { key: "cluster/milan//", cluster: "milan", kind: "cluster", reachable: true };
const peering: PeeringItem = {
  ...{ key: "peering/milan//rome", cluster: "milan", kind: "peering", peer: "rome", role: "Provider", health: "good" },
  ...{ modules: [], cidrs: [], certificates: [], slices: [], connection: { state: "Connected", latencyMs: 1 } },
};
const service: ServiceItem = {
  ...{ key: "service/milan/shop/web", cluster: "milan", kind: "service", namespace: "shop", name: "web" },
  ...{ type: "ClusterIP", external: [], ports: [], endpoints: [{ address: "10.244.0.3", ready: true }] },
};
const workload: WorkloadItem = {
  ...{ key: "workload/milan/shop/Deployment%2Fweb", cluster: "milan", kind: "workload", of: "Deployment" },
  ...{ namespace: "shop", name: "web", wanted: 1, ready: 1 },
};

for (const [before, after, text] of [
  [undefined, pod, "pod shop/web-1 in milan was made on worker-1"],
  [pod, undefined, "pod shop/web-1 in milan is gone"],
  [pod, { ...pod, uid: "u2", node: "liqo-rome" }, "pod shop/web-1 in milan moved from worker-1 to liqo-rome"],
  [pod, { ...pod, uid: "u2" }, "pod shop/web-1 in milan was replaced"],
  [
    pod,
    { ...pod, status: "CrashLoopBackOff", ready: "0/1", restarts: 1 },
    "pod shop/web-1 in milan turned from Running to CrashLoopBackOff, is 0/1 ready, restarted (1)",
  ],
  [node, { ...node, cordoned: true }, "node worker-1 in milan was cordoned"],
  [node, { ...node, ready: false, message: "lost" }, "node worker-1 in milan is not ready"],
  [cluster, { ...cluster, reachable: false }, "cluster milan does not answer any more"],
  [{ ...cluster, reachable: false }, cluster, "cluster milan answers again"],
  [
    peering,
    { ...peering, connection: { state: "Error" } },
    "peering of milan with rome connection turned from Connected to Error",
  ],
  [peering, { ...peering, connection: { state: "Connected", latencyMs: 2 } }, undefined],
  [peering, { ...peering, health: "bad" }, "peering of milan with rome is bad"],
  [service, { ...service, endpoints: [] }, "service shop/web in milan has 0 of 0 endpoints ready"],
  [
    service,
    { ...service, endpoints: [{ address: "10.244.0.4", ready: true }] },
    "service shop/web in milan has other endpoints",
  ],
  [workload, { ...workload, wanted: 3 }, "Deployment shop/web in milan was scaled from 1 to 3"],
] as const) {
  test(`history says: ${text ?? "nothing, of a latency that was measured again"}`, () => {
    assert.equal(says(before, after), text);
  });
}

test("what is gone is as healthy as it was", () => {
  assert.equal(healthOf({ ...pod, health: "bad" }, undefined), "bad");
  assert.equal(healthOf(cluster, { ...cluster, reachable: false }), "bad");
});
