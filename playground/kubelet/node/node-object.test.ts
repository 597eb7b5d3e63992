import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeNode, forgeNodeStatus, type Machine, type NodeSettings } from "./node-object.ts";

const NOW = "2026-01-01T00:01:00Z";
const settings: NodeSettings = {
  name: "worker-node-1",
  address: "172.20.0.2",
  podCidr: "10.244.1.0/24",
  labels: { zone: "a" },
  capacity: { cpu: "4", memory: "8Gi", pods: "110" },
  kubeletPort: 10250,
  kubeletVersion: "v1.34.0",
};
const machine: Machine = {
  id: "m",
  bootId: "b",
  kernel: "6.1",
  osImage: "Linux",
  architecture: "amd64",
  runtimeVersion: "runc://1.2",
};

test("a node shows its labels, its part of the pod CIDR, its addresses and its port", () => {
  const { metadata, spec, status } = forgeNode(settings, machine, NOW);
  assert.deepEqual(metadata?.labels, {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "kubernetes.io/hostname": "worker-node-1",
    zone: "a",
  });
  assert.deepEqual(spec, { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] });
  assert.deepEqual(status?.addresses, [
    { type: "InternalIP", address: "172.20.0.2" },
    { type: "Hostname", address: "worker-node-1" },
  ]);
  assert.deepEqual([status?.allocatable, status?.capacity], [settings.capacity, settings.capacity]);
  assert.equal(status?.daemonEndpoints?.kubeletEndpoint?.Port, 10250);
});

test("a node says that all is well, since when it is, and which images it has", () => {
  const ready = { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
  const pressed = { type: "MemoryPressure", status: "Unknown", lastTransitionTime: "2026-01-01T00:00:00Z" };
  const images = [{ names: ["web:1"], sizeBytes: 7 }];
  const status = forgeNodeStatus(settings, machine, { now: NOW, images, previous: [ready, pressed] });
  const shown = (status.conditions ?? []).map((condition) => [
    condition.type,
    condition.status,
    condition.reason,
    condition.message,
    condition.lastTransitionTime,
  ]);
  assert.deepEqual(shown, [
    ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available", NOW],
    ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", NOW],
    ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available", NOW],
    ["Ready", "True", "KubeletReady", "kubelet is posting ready status", "2026-01-01T00:00:00Z"],
  ]);
  for (const { lastHeartbeatTime } of status.conditions ?? []) assert.equal(lastHeartbeatTime, NOW);
  assert.deepEqual(status.images, images);
});
