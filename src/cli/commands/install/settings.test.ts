import assert from "node:assert/strict";
import { test } from "node:test";
import { VERSION } from "#base/version.ts";
import { checkCidrs, checkClusterId, checkOutput, checkSource } from "./settings.ts";

const SERVICES = "10.96.0.0/16";
const NO_SOURCE = { version: undefined, repoUrl: undefined, localChartPath: undefined };

for (const [pods, services, reserved, says] of [
  [["banana"], SERVICES, [], /^--pod-cidr "banana": must be an IPv4 CIDR$/],
  [[], SERVICES, [], /^--pod-cidr "": must be/],
  [["10.0.0.0/8"], SERVICES, [], /^--pod-cidr 10.0.0.0\/8 and --service-cidr 10.96.0.0\/16 overlap$/],
  [["10.1.0.0/16", "10.2.0.0/16"], SERVICES, [], /^--pod-cidr 10.1.0.0\/16,10.2.0.0\/16: several/],
  [["10.1.0.0/16"], "x", [], /^--service-cidr "x"/],
  [["10.1.0.0/16"], SERVICES, ["1.2"], /^--reserved-subnets "1.2"/],
] as const)
  test(`${pods} ${services} ${reserved} is refused`, () =>
    assert.throws(() => checkCidrs(pods, services, reserved), { message: says }));

test("an id is a DNS label", () => {
  checkClusterId("milan");
  assert.throws(() => checkClusterId("A_b"), /--cluster-id "A_b": a lowercase RFC 1123 label/);
});

test("the chart is this version's, or one that is given", () => {
  for (const version of [undefined, VERSION, VERSION.slice(1)]) checkSource({ ...NO_SOURCE, version });
  checkSource({ ...NO_SOURCE, version: "v9.9.9", localChartPath: "chart" });
  assert.throws(() => checkSource({ ...NO_SOURCE, version: "v9.9.9" }), /--version v9.9.9: this liqoctl brings/);
  assert.throws(() => checkSource({ ...NO_SOURCE, repoUrl: "https://x" }), /--repo-url https:\/\/x: a chart is not/);
});

test("values come from files, and are written where that is asked for", () => {
  checkOutput({ onlyOutputValues: true, dumpValuesPath: "v.yaml", values: ["a.yaml"] });
  const wrong = { onlyOutputValues: false, dumpValuesPath: "v.yaml", values: [] };
  assert.throws(() => checkOutput(wrong), /only be used together with --only-output-values/);
  assert.throws(() => checkOutput({ ...wrong, dumpValuesPath: undefined, values: ["-"] }), /--values -/);
});
