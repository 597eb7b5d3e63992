/** FirewallConfiguration: one nftables table. Upstream: apis/networking/v1beta1/firewall */

import { hostConditions, objectReference } from "../schema/common.ts";
import { array, boolean, integer, object, oneOf, required, type Static, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const ends = required(oneOf(["src", "dst"]));
const match = object({
  dev: object({ position: required(oneOf(["in", "out"])), value: required(string()) }),
  ip: object({ position: ends, value: required(string()) }),
  op: required(oneOf(["eq", "neq"])),
  port: object({ position: ends, value: required(string()) }),
  proto: object({ value: required(oneOf(["tcp", "udp"])) }),
});

const filterRule = object({
  action: required(oneOf(["ctmark", "metamarkfromctmark", "tcpmssclamp", "accept", "drop", "reject", "notrack"])),
  counter: required(boolean({ default: true })),
  match: required(array(match)),
  name: string(),
  value: string(),
});

const natRule = object({
  match: required(array(match)),
  name: string(),
  natType: required(oneOf(["dnat", "snat", "masquerade"])),
  targetRef: objectReference,
  to: string(),
});

const chain = object({
  hook: required(oneOf(["prerouting", "input", "forward", "output", "postrouting", "ingress"])),
  name: required(string()),
  policy: required(oneOf(["drop", "accept"])),
  priority: required(integer("int32", { default: 0 })),
  rules: required(
    object(
      { filterRules: array(filterRule), natRules: array(natRule), routeRules: array(object({ name: string() })) },
      { maxProperties: 1 },
    ),
  ),
  type: required(oneOf(["filter", "route", "nat"])),
});

const table = object({
  chains: array(chain),
  family: required(oneOf(["INET", "IPV4", "IPV6", "ARP", "NETDEV", "BRIDGE"])),
  name: required(string()),
});

export const firewallConfigurations = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "FirewallConfiguration",
  plural: "firewallconfigurations",
  shortNames: ["fw", "fwconfig", "fwcfg"],
  description: "An nftables table to be applied on gateways or nodes.",
  spec: object({ table: required(table) }),
  status: object({ conditions: hostConditions }),
  subresources: "status",
  columns: [AGE],
});

export type FirewallConfiguration = ObjectOfKind<typeof firewallConfigurations>;
export type FirewallTable = Static<typeof table>;
export type FirewallChain = Static<typeof chain>;
export type FilterRule = Static<typeof filterRule>;
export type NatRule = Static<typeof natRule>;
export type FirewallMatch = Static<typeof match>;
