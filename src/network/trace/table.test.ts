import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTraceTable, sightingsOf } from "./table.ts";

const REQUEST = {
  id: "abcd",
  flows: [{ name: "ask", proto: "tcp", end: "sport", port: 62_000 }],
  routes: [],
  links: [],
  tables: [],
} as const;

test("a table is one line, owned by who makes it", () => {
  const text = renderTraceTable(REQUEST, "0.0.0.0");
  assert.match(text, /^table ip liqo-trace-abcd \{ flags owner; .*\}\n$/);
  assert.match(text, /tcp sport 62000 update @arrived-ask \{ iifname \. ip saddr \. ip daddr \. ip length \}/);
  assert.match(text, /tcp sport 62000 update @left-ask \{ oifname \. ip saddr/);
  assert.doesNotMatch(text, /disguise/);
});

test("who sends has the pod's address, and hears its answers", () => {
  const text = renderTraceTable(
    { ...REQUEST, sender: { pod: "10.244.0.4", tcpPorts: [62_000], udpPort: 62_002 } },
    "10.80.0.1",
  );
  assert.match(text, /ip saddr 10\.80\.0\.1 tcp sport 62000 ip saddr set 10\.244\.0\.4;/);
  assert.match(text, /ip saddr 10\.80\.0\.1 udp sport 62002 ip frag-off set 0x4000 ip saddr set 10\.244\.0\.4;/);
  assert.match(text, /ip daddr 10\.244\.0\.4 tcp dport 62000 ip daddr set 10\.80\.0\.1;/);
});

// Printed by nft 1.0.6: nft -j list table ip liqo-trace-t1
const LISTED = `{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}, {"table": {"family": "ip", "name": "liqo-trace-t1", "handle": 1}},
  {"set": {"family": "ip", "name": "arrived-answer", "table": "liqo-trace-t1", "type": ["ifname", "ipv4_addr", "ipv4_addr", "integer"], "size": 64}},
  {"set": {"family": "ip", "name": "left-ask", "table": "liqo-trace-t1", "type": ["ifname", "ipv4_addr", "ipv4_addr", "integer"], "size": 64,
    "elem": [{"elem": {"val": {"concat": ["liqo.cwmf6jkrhb", "10.244.0.4", "10.245.1.3", 60]}, "expires": 59}}, {"concat": ["eth0", "10.244.0.4", "10.245.1.3", 52]}]}}]}`;

test("what nft lists is what was seen", () => {
  assert.deepEqual(sightingsOf(LISTED), [
    { flow: "ask", way: "left", link: "liqo.cwmf6jkrhb", src: "10.244.0.4", dst: "10.245.1.3", length: 60 },
    { flow: "ask", way: "left", link: "eth0", src: "10.244.0.4", dst: "10.245.1.3", length: 52 },
  ]);
});
