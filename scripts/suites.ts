/** Which suites of tests there are: the arguments of node's test runner for each. */
import { globSync } from "node:fs";
import { basename, join } from "node:path";

const root = join(import.meta.dirname, "..");
const E2E = "test/e2e/*.test.ts";
// It measures what a shop under faults still sells.
export const CHAOS = "test/e2e/chaos.test.ts";
// Minutes each: every kind and every case of a list, a whole application, every page of the documents.
const LONG = [
  CHAOS,
  ...[
    "advanced",
    "carrier",
    "examples",
    "gateway-failover",
    "gateways",
    "images",
    "leaving",
    "liqoctl-bad-input",
    "masquerade",
    "modules",
    "mtu",
    "network-policy",
    "plan",
    "plan-install",
    "put-back",
    "rights",
    "shop-google",
    "shop-own",
    "shop-policies",
    "storage",
    "three-clusters",
    "upgrade",
    "usage",
  ].map((suite) => `test/e2e/${suite}.test.ts`),
];
// One process each, so that one cluster, or one pair, is enough: see test/kit/shared-clusters.ts.
const SHARING = "--test-isolation=none";
const E2E_ONE_CLUSTER = [SHARING, "test/e2e/one-cluster/*.test.ts"];
const DASHBOARD = [SHARING, "test/dashboard/*.test.ts"];
const LONG_OF_PEERED = "faults|outage|paths|resources|trace|truth|why";
const E2E_PEERED = [SHARING, `test/e2e/peered/!(${LONG_OF_PEERED}).test.ts`];
const E2E_PEERED_LONG = [SHARING, `test/e2e/peered/@(${LONG_OF_PEERED}).test.ts`];
// Where a genuine API server, kubelet or scheduler has most to say.
const GENUINE = ["lifecycle", "modules", "in-band", "shop-google", "upstream-parity"];
const GENUINE_PEERED = [SHARING, "test/e2e/peered/{hostile,metrics,network-test,offloading,pods}.test.ts"];
export const INTEROP = ["--test-concurrency=1", "test/interop/*.test.ts"];
export const SYSTEM = ["--test-concurrency=1", "{src,playground}/**/*.system-test.ts"];
// Many files in one process: a test that fails with something still open must not keep it from ending.
export const UNIT = [
  SHARING,
  // A tenth of their time is garbage collection otherwise.
  "--max-semi-space-size=64",
  "--test-force-exit",
  "{src,playground,apps,cmd,scripts,test/kit,test/chart,test/chaos,test/engines}/**/*.test.ts",
  // Not its packages.
  "site/*.test.ts",
];
export const COVERED = "{src,playground,cmd}/**/*.ts";

export type Suite = readonly [name: string, args: readonly string[]];

/** Those that share clusters first: they take longest. */
export function shortSuites(name: string): Suite[] {
  const files = globSync(E2E, { cwd: root }).sort();
  return [
    [`${name}, of two peered clusters`, E2E_PEERED],
    [`${name}, of one cluster`, E2E_ONE_CLUSTER],
    [`${name}, of the dashboard's page in Chromium`, DASHBOARD],
    ...files.filter((file) => !LONG.includes(file)).map((file) => suiteOf(name, file)),
  ];
}

export function longSuites(name: string): Suite[] {
  return [[`${name}, of two peered clusters`, E2E_PEERED_LONG], ...LONG.map((file) => suiteOf(name, file))];
}

function suiteOf(name: string, file: string): Suite {
  return [`${name}, ${basename(file, ".test.ts")}`, [file]];
}

export function genuineSuites(name: string): Suite[] {
  return [
    [`${name}, of two peered clusters`, GENUINE_PEERED],
    ...GENUINE.map((suite) => suiteOf(name, `test/e2e/${suite}.test.ts`)),
  ];
}
