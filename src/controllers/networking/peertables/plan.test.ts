import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import { planPeerTables } from "./plan.ts";

const cidr = { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] };
const configuration = (changes: object = {}, status: "True" | "False" = "True"): Configuration =>
  ({
    metadata: {
      namespace: "liqo-tenant-rome",
      name: "rome",
      labels: { "liqo.io/remote-cluster-id": "rome" },
      ...changes,
    },
    spec: { local: { cidr }, remote: { cidr } },
    status: { conditions: [{ type: "NetworkCIDRsConfigured", status }], remote: { cidr } },
  }) as unknown as Configuration;
const node = (name: string): InternalNode => ({
  metadata: { name },
  spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip: "10.80.0.2" } } },
});
const NODES = [node("b"), node("a")];
const GATEWAY = { metadata: { name: "rome" } };

for (const [name, firewalls, routes, seen] of [
  ["a peering behind a server has all its tables", 3, 1, { servers: [GATEWAY] }],
  ["behind a client, too", 3, 1, { clients: [GATEWAY] }],
  ["without a gateway there are no routes", 3, 0, {}],
  ["nor without nodes", 3, 0, { servers: [GATEWAY], nodes: [] }],
  ["nothing is written before the CIDRs have their place", 0, 0, { configuration: configuration({}, "False") }],
  ["nor while the peering ends", 0, 0, { configuration: configuration({ deletionTimestamp: "2026-01-01T00:00:00Z" }) }],
  ["nor after", 0, 0, { configuration: undefined }],
] as const) {
  test(name, () => {
    const plan = planPeerTables({
      configuration: configuration(),
      nodes: NODES,
      servers: [],
      clients: [],
      masqueradesPods: false,
      ...seen,
    });
    assert.deepEqual([plan.firewalls.length, plan.routes.length], [firewalls, routes]);
  });
}

test("nodes are listed by name, whatever the order in which they are seen", () => {
  const routes = (nodes: readonly InternalNode[]) =>
    planPeerTables({ configuration: configuration(), nodes, servers: [GATEWAY], clients: [], masqueradesPods: false })
      .routes;
  assert.deepEqual(routes(NODES), routes([...NODES].reverse()));
  assert.deepEqual(
    routes(NODES)[0]?.spec?.table?.rules.map(({ iif }) => iif),
    ["liqo.a", "liqo.a", "liqo.b", "liqo.b"],
  );
});

test("a server's gateway sends to the client's end of the tunnel, and the reverse", () => {
  const [server, client] = [
    { servers: [GATEWAY], clients: [] },
    { servers: [], clients: [GATEWAY] },
  ].map((gateways) => {
    const { routes } = planPeerTables({
      configuration: configuration(),
      nodes: NODES,
      masqueradesPods: false,
      ...gateways,
    });
    return routes[0]?.spec?.table?.rules[0]?.routes[0]?.gw;
  });
  assert.deepEqual([server, client], ["169.254.18.2", "169.254.18.1"]);
});
