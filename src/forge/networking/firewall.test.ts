import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import {
  forgeIpMapping,
  forgeIpMasquerade,
  forgeMasqueradeBypass,
  forgeNodePortFirewall,
  forgeRemapFirewall,
} from "./firewall.ts";

interface Places {
  readonly pod: string;
  readonly external: string;
}
const configuration = (seen: Places): Configuration => ({
  metadata: { namespace: "liqo-tenant-rome", name: "rome", uid: "1" },
  spec: {
    local: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } },
    remote: { cidr: { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] } },
  },
  status: { remote: { cidr: { pod: [seen.pod], external: [seen.external] } } },
});
const AS_IT_IS = { pod: "10.1.0.0/16", external: "10.2.0.0/16" };
const MOVED = { pod: "10.9.0.0/16", external: "10.2.0.0/16" };

/** `dnat to 10.1.0.0/16 of dst eq 10.9.0.0/16`: what a rule does, without its interfaces. */
const rulesOf = ({ spec }: FirewallConfiguration): string[] =>
  (spec?.table.chains ?? [])
    .flatMap(({ rules }) => rules?.natRules ?? [])
    .map(({ natType, to, match }) => {
      const addresses = match.flatMap(({ op, ip }) => (ip === undefined ? [] : `${ip.position} ${op} ${ip.value}`));
      return `${natType} to ${to} of ${addresses.join(", ")}`;
    });

for (const [name, expected, seen, type] of [
  [
    "a CIDR that was moved is translated both ways",
    ["dnat to 10.1.0.0/16 of dst eq 10.9.0.0/16", "snat to 10.9.0.0/16 of src eq 10.1.0.0/16"],
    MOVED,
    "pod",
  ],
  ["one that is seen as it is needs no rules", [], AS_IT_IS, "pod"],
  ["each kind by itself", [], MOVED, "external"],
] as const) {
  test(`at the gateway, ${name}`, () => {
    assert.deepEqual(rulesOf(forgeRemapFirewall(configuration(seen), type)), expected);
  });
}

test("on nodes, pods keep their address towards the peer and all else takes the unknown source", () => {
  assert.deepEqual(rulesOf(forgeMasqueradeBypass(configuration(MOVED), false)), [
    "snat to 10.244.0.0/16 of dst eq 10.9.0.0/16, src eq 10.244.0.0/16",
    "snat to 10.70.0.0 of dst eq 10.9.0.0/16, src neq 10.244.0.0/16",
    "snat to 10.244.0.0/16 of dst eq 10.2.0.0/16, src eq 10.244.0.0/16",
    "snat to 10.70.0.0 of dst eq 10.2.0.0/16, src neq 10.244.0.0/16",
  ]);
});

test("with full masquerade, pods take the unknown source, too", () => {
  assert.deepEqual(rulesOf(forgeMasqueradeBypass(configuration(MOVED), true)), [
    "snat to 10.70.0.0 of dst eq 10.9.0.0/16",
    "snat to 10.70.0.0 of dst eq 10.2.0.0/16",
  ]);
});

test("rules of one table have names of their own", () => {
  for (const table of [
    forgeMasqueradeBypass(configuration(MOVED), false),
    forgeRemapFirewall(configuration(MOVED), "pod"),
  ]) {
    const names = (table.spec?.table.chains ?? []).flatMap(({ rules }) =>
      (rules?.natRules ?? []).map(({ name }) => name),
    );
    assert.equal(new Set(names).size, names.length);
  }
});

test("an IP's external address leads to the address it stands for", () => {
  const ip = { metadata: { namespace: "off", name: "db" }, spec: { ip: "192.0.2.1" }, status: { ip: "10.70.0.7" } };
  const table = forgeIpMapping(ip as never);
  assert.deepEqual(rulesOf(table)[0], "dnat to 192.0.2.1 of dst eq 10.70.0.7");
  assert.equal(table.metadata?.name, "db-remap-ipmapping-gw");
  const fabric = forgeIpMasquerade(ip as never);
  assert.equal(fabric.metadata?.name, "db-remap-ipmapping-fabric");
  assert.deepEqual(rulesOf(fabric), [
    "dnat to 192.0.2.1 of dst eq 10.70.0.7",
    "masquerade to undefined of dst eq 192.0.2.1",
  ]);
});

test("answers to NodePorts find back by the mark of their node, which begins at 1", () => {
  const node = (name: string) => ({
    metadata: { name },
    spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip: "10.80.0.2" } } },
  });
  const table = forgeNodePortFirewall([node("a"), node("b")], "liqo", "10.70.0.0");
  const [marking] = table.spec?.table.chains ?? [];
  assert.deepEqual(
    (marking?.rules?.filterRules ?? []).map(({ name, value }) => [name, value]),
    [
      ["a", "1"],
      ["b", "2"],
    ],
  );
});
