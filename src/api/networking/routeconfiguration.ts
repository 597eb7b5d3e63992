/** RouteConfiguration: one policy-routing table. Upstream: apis/networking/v1beta1/routeconfiguration_types.go */

import { cidr, hostConditions, ipv4, objectReference } from "../schema/common.ts";
import { array, boolean, integer, object, oneOf, required, type Static, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const route = object({
  dev: string(),
  dst: required(cidr),
  gw: ipv4,
  onlink: boolean(),
  scope: oneOf(["global", "link", "host", "site", "nowhere"]),
  src: ipv4,
  targetRef: objectReference,
});

const rule = object({
  dst: cidr,
  fwmark: integer(),
  iif: string(),
  oif: string(),
  priority: integer(),
  routes: required(array(route)),
  src: cidr,
  targetRef: objectReference,
});

export const routeConfigurations = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "RouteConfiguration",
  plural: "routeconfigurations",
  shortNames: ["rcnf", "rcnfg", "rcfg", "routecfg"],
  description: "A policy-routing table to be applied on gateways or nodes.",
  spec: object({
    table: object({
      name: required(string()),
      rules: required(array(rule, { minItems: 1 })),
      targetRef: objectReference,
    }),
  }),
  status: object({ conditions: hostConditions }),
  subresources: "status",
  columns: [AGE],
});

export type RouteConfiguration = ObjectOfKind<typeof routeConfigurations>;
export type RouteRule = Static<typeof rule>;
export type Route = Static<typeof route>;
