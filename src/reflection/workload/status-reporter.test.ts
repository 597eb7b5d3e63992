import assert from "node:assert/strict";
import { test } from "node:test";
import { translatePodIp } from "./status-reporter.ts";

const ALONE = { isIpReflected: true, localPodCidr: "10.244.0.0/16", remotePodCidrs: [] };
const REMAPPED = { ...ALONE, remotePodCidrs: [{ from: "10.244.0.0/16", to: "10.245.0.0/16" }] };

for (const [name, settings, address, expected] of [
  ["a pod of the provider", REMAPPED, "10.244.1.7", "10.245.1.7"],
  ["an address outside of its pod CIDR", REMAPPED, "10.96.0.1", undefined],
  ["the API server of the consumer", REMAPPED, "172.31.0.11", undefined],
  ["a pod, without network", ALONE, "10.250.1.7", "10.250.1.7"],
  ["a pod of the consumer, without network", ALONE, "10.244.1.7", undefined],
  ["loopback, without network", ALONE, "127.0.0.1", undefined],
  ["the cloud's metadata, without network", ALONE, "169.254.169.254", undefined],
  ["IPv6, without network", ALONE, "fd00::7", "fd00::7"],
  ["no reflection of addresses", { ...ALONE, isIpReflected: false }, "10.250.1.7", undefined],
] as const) {
  test(`${name} is ${expected === undefined ? "not shown" : `seen as ${expected}`}`, () => {
    assert.equal(translatePodIp(address, settings), expected);
  });
}
