import assert from "node:assert/strict";
import { test } from "node:test";
import { cidrsOfFlags } from "./controller-manager.ts";

for (const [flags, podCidrs, serviceCidr] of [
  [
    ["kube-controller-manager", "--cluster-cidr=10.1.0.0/16", "--service-cluster-ip-range=10.2.0.0/16"],
    ["10.1.0.0/16"],
    "10.2.0.0/16",
  ],
  [["--cluster-cidr", "10.1.0.0/16", "--service-cluster-ip-range", "10.2.0.0/16"], ["10.1.0.0/16"], "10.2.0.0/16"],
  [["--cluster-cidr=10.1.0.0/16,fd00::/56"], ["10.1.0.0/16"], "10.96.0.0/12"],
  [["--cluster-cidr=10.1.0.0/16", "--cluster-cidr=10.3.0.0/16"], ["10.3.0.0/16"], "10.96.0.0/12"],
  [["--cluster-cidrs=10.1.0.0/16"], ["172.16.0.0/16"], "10.96.0.0/12"],
  [["--cluster-cidr"], ["172.16.0.0/16"], "10.96.0.0/12"],
  [[], ["172.16.0.0/16"], "10.96.0.0/12"],
] as const)
  test(`${flags.join(" ")} is ${podCidrs} and ${serviceCidr}`, () =>
    assert.deepEqual(cidrsOfFlags(flags), { podCidrs, serviceCidr }));
