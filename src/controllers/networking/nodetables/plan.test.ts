import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import { type Observed, planNodeTables, routedPods } from "./plan.ts";

const node = (name: string): InternalNode => ({
  metadata: { name, uid: name },
  spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip: "10.80.0.2" } } },
});
const [A, B] = [node("a"), node("b")];
const EXTERNAL: Network = {
  metadata: { name: "external", labels: { "ipam.liqo.io/network-type": "external-cidr" } },
  status: { cidr: "10.70.0.0/16" },
};
const peer = (status: "True" | "False", ...pod: string[]): Configuration =>
  ({
    metadata: { name: "rome" },
    status: { conditions: [{ type: "NetworkCIDRsConfigured", status }], remote: { cidr: { pod, external: [] } } },
  }) as unknown as Configuration;
const mapped = (ip: string): IP => ({ metadata: { name: ip }, spec: { ip } });
const SEEN: Observed = {
  node: A,
  nodes: [A, B],
  configurations: [],
  ips: [],
  networks: [EXTERNAL],
  liqoNamespace: "liqo",
};
const destinations = (seen: Partial<Observed>, table: string): (string | undefined)[] =>
  planNodeTables({ ...SEEN, ...seen })
    .routes.filter(({ metadata }) => metadata?.name === table)
    .flatMap(({ spec }) => spec?.table?.rules ?? [])
    .flatMap(({ routes }) => routes.map(({ dst }) => dst));

for (const [name, expected, seen] of [
  ["peers' pods are reached through the node", ["10.1.0.0/16"], { configurations: [peer("True", "10.1.0.0/16")] }],
  ["not before their CIDRs have a place", [], { configurations: [peer("False", "10.1.0.0/16")] }],
  [
    "each CIDR once and in order",
    ["10.1.0.0/16", "10.2.0.0/16"],
    { configurations: [peer("True", "10.2.0.0/16", "10.1.0.0/16"), peer("True", "10.1.0.0/16")] },
  ],
  ["mapped addresses, too", ["192.0.2.1/32", "192.0.2.2/32"], { ips: [mapped("192.0.2.2"), mapped("192.0.2.1")] }],
  [
    "a peer's pod that is mapped is on its peer's way",
    ["10.1.0.0/16", "192.0.2.1/32"],
    { configurations: [peer("True", "10.1.0.0/16")], ips: [mapped("10.1.2.3"), mapped("192.0.2.1")] },
  ],
  ["without either there is no such table", [], {}],
] as const) {
  test(name, () => assert.deepEqual(destinations(seen, "a-extcidr"), expected));
}

for (const [name, mark, seen] of [
  ["a node's mark is its place among all", 1, {}],
  ["whatever their order", 1, { nodes: [B, A] }],
  ["the second has the next one", 2, { node: B }],
] as const) {
  test(`NodePorts: ${name}`, () => {
    const plan = planNodeTables({ ...SEEN, ...seen });
    const table = plan.routes.find(({ metadata }) => metadata?.name?.endsWith("-service-nodeport-routing"));
    assert.equal(table?.spec?.table?.rules[0]?.fwmark, mark);
    const marks = plan.firewalls[0]?.spec?.table.chains?.[0]?.rules?.filterRules ?? [];
    assert.deepEqual(
      marks.map(({ name: rule, value }) => `${rule}=${value}`),
      ["a=1", "b=2"],
    );
  });
}

test("without the external CIDR nobody knows the address that NodePorts answer from", () => {
  assert.deepEqual(planNodeTables({ ...SEEN, networks: [] }), { firewalls: [], routes: [] });
});

const pod = (name: string, changes: { labels?: Record<string, string>; spec?: object; status?: object } = {}): Pod => ({
  metadata: { namespace: "shop", name, uid: name, ...(changes.labels && { labels: changes.labels }) },
  spec: { containers: [], nodeName: "a", ...changes.spec },
  status: { phase: "Running", podIP: "10.244.0.5", ...changes.status },
});

for (const [name, isRouted, changes] of [
  ["a pod with an address", true, {}],
  ["one without", false, { status: { podIP: "" } }],
  ["one on another node", false, { spec: { nodeName: "b" } }],
  ["one in the host's network", false, { spec: { hostNetwork: true } }],
  ["an offloaded one", false, { labels: { "liqo.io/shadowPod": "true" } }],
  ["one that has finished", false, { status: { phase: "Succeeded" } }],
] as const) {
  test(`${name} is ${isRouted ? "" : "not "}routed`, () => {
    assert.equal(routedPods("a", [pod("cart", changes)]).length, isRouted ? 1 : 0);
  });
}

test("pods are listed by uid, which does not change", () => {
  const [first, second] = [pod("1"), pod("2")];
  assert.deepEqual(routedPods("a", [second, first]), routedPods("a", [first, second]));
});
