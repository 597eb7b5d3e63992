import assert from "node:assert/strict";
import { test } from "node:test";
import { mustParseCidr } from "#base/cidr.ts";
import { isOldKernel, isStrayPod, isStrayService } from "./surroundings.ts";

const PODS = mustParseCidr("10.0.0.0/16");

for (const [spec, status, isStray] of [
  [{}, { podIP: "10.0.3.4" }, false],
  [{}, { podIP: "10.1.3.4" }, true],
  [{}, {}, false],
  [{}, { podIP: "fd00::1" }, false],
  [{ hostNetwork: true }, { podIP: "192.168.1.1" }, false],
  [{}, { podIP: "10.1.3.4", phase: "Succeeded" }, false],
] as const)
  test(`a pod with ${JSON.stringify({ ...spec, ...status })} is ${isStray ? "" : "not "}stray`, () =>
    assert.equal(isStrayPod({ spec: { containers: [], ...spec }, status }, PODS), isStray));

for (const [clusterIP, isStray] of [
  ["10.0.0.1", false],
  ["10.1.0.1", true],
  ["None", false],
  ["", false],
] as const)
  test(`a Service at "${clusterIP}" is ${isStray ? "" : "not "}stray`, () =>
    assert.equal(isStrayService({ spec: { clusterIP } }, PODS), isStray));

for (const [kernelVersion, isOld] of [
  ["5.10.0", false],
  ["5.9.16-200.fc32", true],
  ["4.19.0-21-cloud-amd64", true],
  ["6.1-rc3", false],
  ["5.4", true],
  ["odd", false],
] as const)
  test(`kernel ${kernelVersion} is ${isOld ? "too old" : "good"}`, () => {
    const nodeInfo = { kernelVersion } as Required<
      NonNullable<Parameters<typeof isOldKernel>[0]["status"]>
    >["nodeInfo"];
    assert.equal(isOldKernel({ status: { nodeInfo } }), isOld);
    assert.equal(
      isOldKernel({ metadata: { labels: { "liqo.io/type": "virtual-node" } }, status: { nodeInfo } }),
      false,
    );
  });
