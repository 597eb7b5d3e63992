import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteRule } from "#api/networking/routeconfiguration.ts";
import { spreadRules, type TunnelWays } from "./spread.ts";

const ONE: TunnelWays = { peer: "169.254.18.2", links: ["liqo-tunnel"], group: undefined };
const TWO: TunnelWays = { peer: "169.254.18.2", links: ["liqo-tunnel", "liqo-tunnel1"], group: 9 };
const TO_PEER: RouteRule = { iif: "liqo.a", dst: "10.1.0.0/16", routes: [{ dst: "10.1.0.0/16", gw: "169.254.18.2" }] };
const TO_POD: RouteRule = { iif: "liqo-tunnel", routes: [{ dst: "10.2.0.7/32", gw: "10.80.0.1" }] };
const OTHER: RouteRule = { dst: "10.3.0.0/16", routes: [{ dst: "10.3.0.0/16", gw: "169.254.18.2", dev: "eth0" }] };

for (const [what, rules, ways, wanted] of [
  ["on nodes nothing is spread", [TO_PEER, TO_POD], undefined, [TO_PEER, TO_POD]],
  ["one tunnel is as the objects say", [TO_PEER, TO_POD], ONE, [TO_PEER, TO_POD]],
  [
    "what goes to the peer goes to the group",
    [TO_PEER],
    TWO,
    [{ ...TO_PEER, routes: [{ ...TO_PEER.routes[0], nhid: 9 }] }],
  ],
  ["what comes from any of them is for the same pods", [TO_POD], TWO, [TO_POD, { ...TO_POD, iif: "liqo-tunnel1" }]],
  ["what goes elsewhere stays", [OTHER], TWO, [OTHER]],
] as const)
  test(what, () => assert.deepEqual(spreadRules(rules, ways), wanted));
