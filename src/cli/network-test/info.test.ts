import assert from "node:assert/strict";
import { test } from "node:test";
import { configurationRows } from "./info.ts";

const cidrs = (pod: string, external: string) => ({ cidr: { pod: [pod], external: [external] } });

test("the cluster's own CIDRs come first, and are what they are", () => {
  const rome = {
    apiVersion: "networking.liqo.io/v1beta1",
    kind: "Configuration",
    metadata: { name: "rome" },
    spec: { local: cidrs("10.1.0.0/16", "10.2.0.0/16"), remote: cidrs("10.1.0.0/16", "10.2.0.0/16") },
    status: { remote: cidrs("10.3.0.0/16", "10.4.0.0/16") },
  };
  assert.deepEqual(configurationRows([rome]), [
    ["local", "10.1.0.0/16", "N/R", "10.2.0.0/16", "N/R"],
    ["rome", "10.1.0.0/16", "10.3.0.0/16", "10.2.0.0/16", "10.4.0.0/16"],
  ]);
});

test("where there is no peer there is nothing to tell", () => assert.deepEqual(configurationRows([]), []));
