import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { type KernelRoute, type KernelRule, planRoutes } from "./plan.ts";
import { tableId } from "./table-id.ts";

// The shape of cluster-b-node-gw in the recording of a consumer.
const NODE_GW: RouteConfiguration = {
  metadata: { namespace: "liqo-tenant-cluster-b", name: "cluster-b-node-gw" },
  spec: {
    table: {
      name: "cluster-b-node-gw",
      rules: [
        { dst: "10.80.0.2/32", routes: [{ dev: "liqo.lfq2hv2zp9", dst: "10.80.0.2/32", scope: "link" }] },
        { dst: "10.245.0.0/16", routes: [{ dst: "10.245.0.0/16", gw: "10.80.0.2" }] },
      ],
    },
  },
};
const ID = tableId("cluster-b-node-gw");

// As `ip -N -json` of iproute2 6.1 prints what the plan above makes.
const RULES: KernelRule[] = [
  { priority: 0, src: "all", table: "255" },
  { priority: 32764, src: "all", dst: "10.245.0.0", dstlen: 16, table: String(ID), protocol: "144" },
  { priority: 32765, src: "all", dst: "10.80.0.2", table: String(ID), protocol: "144" },
  { priority: 32766, src: "all", table: "254" },
];
const ROUTES: KernelRoute[] = [
  { dst: "10.80.0.2", dev: "liqo.lfq2hv2zp9", table: String(ID), scope: "253", flags: [] },
  { dst: "10.245.0.0/16", gateway: "10.80.0.2", dev: "liqo.lfq2hv2zp9", table: String(ID), flags: [] },
];

describe("planRoutes", () => {
  it("adds direct routes, then the rules that find them, then routes by gateway", () => {
    const { commands } = planRoutes([NODE_GW], [], []);
    assert.deepEqual(
      commands.map(({ line }) => line),
      [
        `route replace 10.80.0.2/32 dev liqo.lfq2hv2zp9 scope 253 table ${ID} proto 144`,
        `rule add from all to 10.80.0.2/32 table ${ID} protocol 144`,
        `rule add from all to 10.245.0.0/16 table ${ID} protocol 144`,
        `route replace 10.245.0.0/16 via 10.80.0.2 table ${ID} proto 144`,
      ],
    );
  });

  it("does nothing when the kernel has it all", () => {
    assert.deepEqual(planRoutes([NODE_GW], RULES, ROUTES).commands, []);
  });

  it("removes what no object wants, and never what is not ours", () => {
    assert.deepEqual(
      planRoutes([], RULES, ROUTES).commands.map(({ line }) => line),
      [
        `rule del from all to 10.245.0.0/16 priority 32764 table ${ID} protocol 144`,
        `rule del from all to 10.80.0.2/32 priority 32765 table ${ID} protocol 144`,
        `route del 10.80.0.2 table ${ID} proto 144`,
        `route del 10.245.0.0/16 table ${ID} proto 144`,
      ],
    );
  });

  it("replaces a route whose gateway changed, and only that", () => {
    const moved = ROUTES.map((route) => (route.gateway === undefined ? route : { ...route, gateway: "10.80.0.9" }));
    assert.deepEqual(
      planRoutes([NODE_GW], RULES, moved).commands.map(({ line }) => line),
      [`route replace 10.245.0.0/16 via 10.80.0.2 table ${ID} proto 144`],
    );
  });

  it("writes every selector of a rule", () => {
    const rule = { dst: "10.70.0.0/32", src: "10.1.0.0/16", iif: "liqo-tunnel", oif: "eth0", fwmark: 1, priority: 77 };
    const configuration = { metadata: { name: "x" }, spec: { table: { name: "x", rules: [{ ...rule, routes: [] }] } } };
    const id = tableId("x");
    const [command] = planRoutes([configuration], [], []).commands;
    assert.equal(
      command?.line,
      `rule add from 10.1.0.0/16 to 10.70.0.0/32 iif liqo-tunnel oif eth0 fwmark 1 priority 77 table ${id} protocol 144`,
    );
  });

  it("gives rules of one table that name no priority different ones, the more precise before", () => {
    const selectors = [
      { iif: "liqo-tunnel" },
      { dst: "10.245.0.0/16", iif: "liqo-tunnel" },
      { dst: "10.9.0.0/16", priority: 50 },
    ];
    const rules = selectors.map((rule) => ({ ...rule, routes: [] }));
    const { commands } = planRoutes([{ metadata: { name: "x" }, spec: { table: { name: "x", rules } } }], [], [], {
      priority: 200,
    });
    assert.deepEqual(
      commands.map(({ line }) => / priority (\d+) /.exec(line)?.[1]),
      ["204", "203", "50"],
    );
  });

  it("removes a duplicate rule and one whose priority is another", () => {
    const configuration = {
      metadata: { name: "x" },
      spec: { table: { name: "x", rules: [{ dst: "10.9.0.0/16", priority: 50, routes: [] }] } },
    };
    const like = { src: "all", dst: "10.9.0.0", dstlen: 16, table: String(tableId("x")), protocol: "144" };
    const rules = [
      { ...like, priority: 50 },
      { ...like, priority: 50 },
      { ...like, priority: 51 },
    ];
    const lines = planRoutes([configuration], rules, []).commands.map(({ line }) => line);
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /^rule del .* priority 50 /);
    assert.match(lines[1] ?? "", /^rule del .* priority 51 /);
  });

  for (const [what, rule, message] of [
    ["a line break in an interface", { iif: "a\nlink del eth0", routes: [] }, /not an interface name/],
    ["a destination without length", { dst: "10.0.0.1", routes: [] }, /rules\[0\]\.dst: "10\.0\.0\.1" is not a CIDR/],
    ["a gateway that is a name", { routes: [{ dst: "10.0.0.0/8", gw: "gw" }] }, /gw "gw" is not an address/],
  ] as const) {
    it(`refuses ${what} and applies the other objects`, () => {
      const broken = { metadata: { name: "broken" }, spec: { table: { name: "b", rules: [{ ...rule } as never] } } };
      const { invalid, commands } = planRoutes([broken, NODE_GW], [], []);
      assert.match(invalid.get("broken") ?? "", message);
      assert.equal(commands.length, 4);
    });
  }
});

describe("tableId", () => {
  it("is the same for the same name and stays clear of the kernel's own tables", () => {
    assert.equal(tableId("cluster-b"), tableId("cluster-b"));
    assert.notEqual(tableId("cluster-b"), tableId("cluster-c"));
    for (let at = 0; at < 2_000; at++) assert.ok(tableId(`table-${at}`) > 255);
  });
});
