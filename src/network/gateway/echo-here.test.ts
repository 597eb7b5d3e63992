import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import { forgeRemapFirewall } from "#forge/networking/firewall.ts";
import { echoHere } from "./echo-here.ts";

const ping = { port: 12_345, lossThreshold: 5, intervalMs: 2_000 };

function tables(seen: string) {
  const cidr = (pod: string) => ({ cidr: { pod: [pod], external: ["10.70.0.0/16"] } });
  const configuration: Configuration = {
    metadata: { namespace: "liqo-tenant-rome", name: "rome" },
    spec: { remote: cidr("10.244.0.0/16") },
    status: { remote: cidr(seen) },
  };
  return [forgeRemapFirewall(configuration, "external"), forgeRemapFirewall(configuration, "pod")];
}

for (const [what, options, address, rules, expected] of [
  ["as its CIDR is translated here", { ping }, "10.244.1.3", tables("10.245.0.0/16"), "10.245.1.3"],
  ["as it is, where nothing is translated", { ping }, "10.244.1.3", tables("10.244.0.0/16"), "10.244.1.3"],
  ["nowhere: it says nothing of it", { ping }, undefined, tables("10.245.0.0/16"), undefined],
  ["nowhere: nobody pings", { ping: undefined }, "10.244.1.3", tables("10.245.0.0/16"), undefined],
] as const)
  test(`a peer's gateway is found ${what}`, () =>
    assert.deepEqual(
      echoHere(options, address, rules),
      expected === undefined ? undefined : { address: expected, port: 12_345 },
    ));
