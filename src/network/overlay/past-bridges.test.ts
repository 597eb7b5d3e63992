import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findPorts, renderPastBridges } from "./past-bridges.ts";

const GATEWAY = "10.244.1.5";
const MAC = "02:4c:0a:50:00:02";
const NEIGHBOUR = { dst: GATEWAY, dev: "cni0", lladdr: MAC };
const ENTRY = { mac: MAC, ifname: "veth1", master: "cni0" };
const WAY = { bridge: "cni0", remote: GATEWAY, port: "veth1" };

describe("the port of a gateway behind a bridge", () => {
  for (const [what, neighbour, entry, wanted] of [
    ["is found by its hardware address", NEIGHBOUR, ENTRY, [WAY]],
    ["is not known before somebody asked for it", { dst: GATEWAY, dev: "cni0" }, ENTRY, []],
    ["is of no interest behind another device", { ...NEIGHBOUR, dev: "eth0" }, ENTRY, []],
    ["is of that bridge", NEIGHBOUR, { ...ENTRY, master: "br1" }, []],
    ["is not the bridge itself", NEIGHBOUR, { ...ENTRY, ifname: "cni0" }, []],
    ["has a name that nftables can be told", NEIGHBOUR, { ...ENTRY, ifname: 'a"b' }, []],
    ["is that of the gateway", { ...NEIGHBOUR, dst: "10.244.1.9" }, ENTRY, []],
  ] as const)
    test(what, () => {
      const kernel = { neighbours: [neighbour], entries: [{ mac: "ff:ff:ff:ff:ff:ff", ifname: "x" }, entry] };
      assert.deepEqual(findPorts([GATEWAY, GATEWAY], ["cni0"], kernel), wanted);
    });
});

test("each bridge has its chain, and what is in pieces already goes through it", () => {
  const text = renderPastBridges(
    [WAY, { ...WAY, remote: "10.244.1.7", port: "veth2" }, { ...WAY, bridge: "br1" }],
    6091,
  );
  assert.equal(
    text,
    `table netdev liqo-past-bridges
delete table netdev liqo-past-bridges
table netdev liqo-past-bridges {
  chain bridge-0 {
    type filter hook egress device "cni0" priority 0; policy accept;
    ip daddr 10.244.1.5 udp dport 6091 ip frag-off & 0x3fff == 0 fwd to "veth1"
    ip daddr 10.244.1.7 udp dport 6091 ip frag-off & 0x3fff == 0 fwd to "veth2"
  }
  chain bridge-1 {
    type filter hook egress device "br1" priority 0; policy accept;
    ip daddr 10.244.1.5 udp dport 6091 ip frag-off & 0x3fff == 0 fwd to "veth1"
  }
}
`,
  );
});

test("without any the table is removed", () => {
  assert.equal(renderPastBridges([], 6091), "table netdev liqo-past-bridges\ndelete table netdev liqo-past-bridges\n");
});
