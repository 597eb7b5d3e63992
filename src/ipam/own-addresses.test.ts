import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "kubernetes-types/core/v1";
import { ownAddresses } from "./own-addresses.ts";

const node = (addresses: readonly string[], labels: Record<string, string> = {}): Node => ({
  metadata: { labels },
  status: { addresses: addresses.map((address) => ({ type: "InternalIP", address })) },
});

test("addresses of nodes and API servers, as numbers, once", () => {
  const nodes = [
    node(["172.31.0.11", "worker-1", "fd00::1"]),
    node(["203.0.113.7", "172.31.0.12"]),
    node(["10.244.0.9"], { "liqo.io/type": "virtual-node" }),
  ];
  const slices = [{ metadata: {}, addressType: "IPv4", endpoints: [{ addresses: ["172.31.0.10", "172.31.0.11"] }] }];
  const expected = ["172.31.0.11", "203.0.113.7", "172.31.0.12", "172.31.0.10"];
  assert.deepEqual(ownAddresses(nodes, slices, undefined), expected);
  assert.deepEqual(ownAddresses(nodes, slices, "https://198.51.100.4:6443"), [...expected, "198.51.100.4"]);
  assert.deepEqual(ownAddresses([], [], "https://rome.example.com:6443"), []);
});
