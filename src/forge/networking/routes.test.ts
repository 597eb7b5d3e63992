import assert from "node:assert/strict";
import { test } from "node:test";
import type { InternalFabric } from "#api/networking/internal.ts";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { forgeExternalRoutes, forgeNodePortRoutes, forgeNodeRoutes, forgePodRoutes } from "./routes.ts";

const NODE = {
  metadata: { name: "worker", uid: "1" },
  spec: { interface: { gateway: { name: "liqo.abc" }, node: { ip: "10.80.0.2" } } },
};
const FABRIC: InternalFabric = {
  metadata: { namespace: "liqo-tenant-rome", name: "rome", uid: "2" },
  spec: {
    gatewayIP: "10.244.0.9",
    interface: { gateway: { ip: "10.80.0.3" }, node: { name: "liqo.def" } },
    remoteCIDRs: ["10.1.0.0/16", "10.2.0.0/16"],
  },
};
/** As `ip route` would say it. */
const routesOf = ({ spec }: RouteConfiguration): string[] =>
  (spec?.table?.rules ?? []).flatMap(({ routes }) =>
    routes.map(({ dst, gw, dev }) => [dst, ...(gw ? ["via", gw] : []), ...(dev ? ["dev", dev] : [])].join(" ")),
  );
const pod = (name: string, ip: string) => ({ name, ip, namespace: "shop", uid: name });

for (const [name, expected, table] of [
  [
    "on nodes, the peer is behind its gateway, the gateway at its device",
    ["10.80.0.3/32 dev liqo.def", "10.1.0.0/16 via 10.80.0.3", "10.2.0.0/16 via 10.80.0.3"],
    forgeNodeRoutes(FABRIC),
  ],
  [
    "at gateways, each pod is behind its node",
    ["10.80.0.2/32 dev liqo.abc", "10.244.0.5/32 via 10.80.0.2", "10.244.0.6/32 via 10.80.0.2"],
    forgePodRoutes(NODE, "liqo", [pod("a", "10.244.0.5"), pod("b", "10.244.0.6")]),
  ],
  ["a node without pods is reached all the same", ["10.80.0.2/32 dev liqo.abc"], forgePodRoutes(NODE, "liqo", [])],
  [
    "answers to NodePorts go to the node of their mark",
    ["10.70.0.0/32 via 10.80.0.2 dev liqo.abc"],
    forgeNodePortRoutes(NODE, 0, "liqo", "10.70.0.0"),
  ],
] as const) {
  test(name, () => assert.deepEqual(routesOf(table), expected));
}

test("routes to pods say whose they are, and come out of the tunnel only", () => {
  const [, toPods] = forgePodRoutes(NODE, "liqo", [pod("a", "10.244.0.5")]).spec?.table?.rules ?? [];
  assert.equal(toPods?.iif, "liqo-tunnel");
  assert.deepEqual(toPods?.routes[0]?.targetRef, { kind: "Pod", name: "a", namespace: "shop", uid: "a" });
});

test("what only passes through has a table when there is something to pass", () => {
  assert.equal(forgeExternalRoutes(NODE, "liqo", [], []), undefined);
  const table = forgeExternalRoutes(NODE, "liqo", ["10.1.0.0/16"], ["192.0.2.1"]);
  assert.ok(table);
  assert.deepEqual(routesOf(table), [
    "10.1.0.0/16 via 10.80.0.2 dev liqo.abc",
    "192.0.2.1/32 via 10.80.0.2 dev liqo.abc",
  ]);
});
