import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { fieldOf, resourceOf } from "./field-ref.ts";

const main: Container = {
  name: "main",
  image: "i",
  resources: { requests: { cpu: "250m", memory: "64Mi" }, limits: { cpu: "1500m" } },
};
const pod: Pod = {
  metadata: {
    name: "web",
    namespace: "off",
    uid: "u1",
    labels: { b: "2", a: "1" },
    annotations: { "x/y": 'say "hi"' },
  },
  spec: { nodeName: "rome-1", serviceAccountName: "default", containers: [main, { name: "other", image: "i" }] },
};
const addresses = { podIp: "10.0.0.1", hostIp: "172.20.0.2" };

for (const [path, expected] of [
  ["metadata.name", "web"],
  ["metadata.namespace", "off"],
  ["metadata.uid", "u1"],
  ["metadata.labels", 'a="1"\nb="2"'],
  ["metadata.annotations", 'x/y="say \\"hi\\""'],
  ["metadata.labels['a']", "1"],
  ["metadata.labels['absent']", ""],
  ["metadata.annotations['x/y']", 'say "hi"'],
  ["spec.nodeName", "rome-1"],
  ["spec.serviceAccountName", "default"],
  ["status.podIP", "10.0.0.1"],
  ["status.hostIPs", "172.20.0.2"],
  ["status.phase", undefined],
] as const) {
  test(`the field ${path} of a pod`, () => assert.equal(fieldOf(pod, path, addresses), expected));
}

const node = { cpu: "4", memory: "8Gi" };
for (const [resource, more, expected] of [
  ["requests.cpu", {}, "1"],
  ["requests.cpu", { divisor: "1m" }, "250"],
  ["limits.cpu", {}, "2"],
  ["requests.memory", {}, String(64 * 1024 ** 2)],
  ["requests.memory", { divisor: "1Mi" }, "64"],
  ["requests.memory", { divisor: "0" }, String(64 * 1024 ** 2)],
  ["limits.memory", { divisor: "1Gi" }, "8"],
  ["requests.cpu", { containerName: "other" }, "0"],
  ["limits.cpu", { containerName: "other" }, "4"],
  ["limits.cpu", { containerName: "absent" }, undefined],
  ["usage.cpu", {}, undefined],
] as const) {
  test(`the resource ${resource} ${JSON.stringify(more)} of a container`, () => {
    assert.equal(resourceOf(pod, main, { resource, ...more }, node), expected);
  });
}
