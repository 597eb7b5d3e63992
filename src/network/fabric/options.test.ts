import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFabricOptions } from "./options.ts";

const REQUIRED = ["--nodename=node-1", "--podname=fabric-1"];

test("the defaults are upstream's", () => {
  assert.deepEqual(parseFabricOptions(REQUIRED), {
    nodeName: "node-1",
    podName: "fabric-1",
    healthPort: 8_081,
    metricsPort: undefined,
    overlay: undefined,
    overlayPort: 6_091,
    hasArp: true,
    restoresDrift: true,
    followsRoutes: true,
    probeIntervalMs: 10_000,
  });
});

test("every flag counts", () => {
  const args = ["--health-probe-bind-address=0", "--metrics-address=:8082", "--overlay=vxlan", "--geneve-port=7000"];
  const flags = [
    "--disable-arp",
    "--enable-nft-monitor=false",
    "--enable-route-monitor=false",
    "--path-probe-interval=0s",
  ];
  assert.deepEqual(parseFabricOptions([...REQUIRED, ...args, ...flags]), {
    nodeName: "node-1",
    podName: "fabric-1",
    healthPort: undefined,
    metricsPort: 8_082,
    overlay: "vxlan",
    overlayPort: 7_000,
    hasArp: false,
    restoresDrift: false,
    followsRoutes: false,
    probeIntervalMs: undefined,
  });
});

for (const [args, message] of [
  [[], /nodename/],
  [["--nodename=a"], /podname/],
  [[...REQUIRED, "--overlay=ipip"], /use auto, geneve or vxlan/],
] as const)
  test(`refused: ${args.join(" ")}`, () => assert.throws(() => parseFabricOptions(args), message));
