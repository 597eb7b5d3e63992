import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatRule } from "#api/networking/firewallconfiguration.ts";
import { renderTable } from "./render.ts";

function chainsOf(natRules: NatRule[]): string {
  const chain = { name: "outgoing", hook: "prerouting", type: "nat", policy: "accept", priority: -100 } as const;
  return renderTable({ name: "t", family: "IPV4", chains: [{ ...chain, rules: { natRules } }] });
}

const to = (value: string): NatRule["match"][number] => ({ op: "eq", ip: { position: "dst", value } });
const from = (value: string): NatRule["match"][number] => ({ op: "eq", ip: { position: "src", value } });
const tunnel = { op: "neq", dev: { position: "in", value: "liqo-tunnel" } } as const;

test("a prefix is translated for connections that were not seen to begin, too", () => {
  const text = chainsOf([{ natType: "dnat", to: "10.244.0.0/16", match: [to("10.71.0.0/16"), tunnel] }]);
  assert.ok(
    text.includes(`  chain outgoing-resumed {
    type filter hook prerouting priority -100; policy accept;
    ct state invalid meta l4proto tcp ip daddr 10.71.0.0/16 iifname != "liqo-tunnel*" ip daddr set ip daddr & 0.0.255.255 | 10.244.0.0
  }
`),
    text,
  );
});

test("sources are as well", () => {
  const text = chainsOf([{ natType: "snat", to: "10.71.128.0/17", match: [from("10.244.0.0/17")] }]);
  assert.match(text, /ip saddr 10\.244\.0\.0\/17 ip saddr set ip saddr & 0\.0\.127\.255 \| 10\.71\.128\.0\n/);
});

for (const [name, rule] of [
  ["a prefix that stays", { natType: "snat", to: "10.244.0.0/16", match: [from("10.244.0.0/16")] }],
  ["a single address", { natType: "snat", to: "10.70.0.0", match: [from("10.244.0.0/16")] }],
  ["masquerade", { natType: "masquerade", match: [from("10.244.0.0/16")] }],
  ["what the rule does not bound", { natType: "dnat", to: "10.244.0.0/16", match: [from("10.71.0.0/16")] }],
  ["another length", { natType: "dnat", to: "10.244.0.0/16", match: [to("10.71.0.0/17")] }],
] as const)
  test(`of ${name} nothing is to be done`, () => {
    assert.doesNotMatch(chainsOf([{ ...rule, match: [...rule.match] }]), /resumed/);
  });
