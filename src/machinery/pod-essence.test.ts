import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { podEssence } from "./pod-essence.ts";

const ports = [{ name: "http", containerPort: 80 }];
const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: "nginx", ...more });

test("labels, ports, node, address and phase of a pod are kept, and nothing else", () => {
  const pod: Pod = {
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "1",
      resourceVersion: "2",
      labels: { a: "b" },
      annotations: { c: "d" },
    },
    spec: {
      containers: [container("web", { ports }), container("mute")],
      initContainers: [container("once", { ports }), container("helper", { ports, restartPolicy: "Always" })],
      nodeName: "worker",
      hostNetwork: true,
      serviceAccountName: "default",
    },
    status: { podIP: "10.0.0.1", phase: "Running", hostIP: "10.0.0.2" },
  };
  assert.deepEqual(podEssence(pod), {
    metadata: { name: "web", namespace: "shop", uid: "1", resourceVersion: "2", labels: { a: "b" } },
    spec: {
      containers: [{ name: "web", ports }],
      initContainers: [{ name: "helper", ports, restartPolicy: "Always" }],
      nodeName: "worker",
      hostNetwork: true,
    },
    status: { podIP: "10.0.0.1", phase: "Running" },
  });
});

test("of a pod that has nothing yet there is nothing", () => {
  assert.deepEqual(podEssence({}), { metadata: {}, spec: { containers: [], initContainers: [] }, status: {} });
});
