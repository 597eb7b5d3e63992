import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkPolicySpec } from "kubernetes-types/networking/v1";
import { type Direction, policyVerdict } from "./policies.ts";

const WEB = { matchLabels: { app: "web" } };
const CONNECTING = { self: { app: "web" }, peer: { address: "10.245.0.4", labels: { app: "cart" } }, port: 80 };

const rows: readonly (readonly [string, Direction, NetworkPolicySpec, boolean])[] = [
  ["another pod's", "ingress", { podSelector: { matchLabels: { app: "db" } } }, true],
  ["one that allows nothing", "ingress", { podSelector: WEB }, false],
  ["one for egress alone", "ingress", { podSelector: WEB, policyTypes: ["Egress"] }, true],
  ["one without types and with egress", "egress", { podSelector: WEB, egress: [] }, false],
  ["one without types and egress", "egress", { podSelector: WEB }, true],
  ["one that allows all", "ingress", { podSelector: {}, ingress: [{}] }, true],
  ["the port", "ingress", { podSelector: WEB, ingress: [{ ports: [{ port: 80 }] }] }, true],
  ["another port", "ingress", { podSelector: WEB, ingress: [{ ports: [{ port: 81 }] }] }, false],
  ["a range of ports", "ingress", { podSelector: WEB, ingress: [{ ports: [{ port: 79, endPort: 81 }] }] }, true],
  ["another protocol", "ingress", { podSelector: WEB, ingress: [{ ports: [{ protocol: "UDP", port: 80 }] }] }, false],
  [
    "the peer's labels",
    "ingress",
    { podSelector: WEB, ingress: [{ from: [{ podSelector: { matchLabels: { app: "cart" } } }] }] },
    true,
  ],
  ["other labels", "ingress", { podSelector: WEB, ingress: [{ from: [{ podSelector: WEB }] }] }, false],
  ["its block", "ingress", { podSelector: WEB, ingress: [{ from: [{ ipBlock: { cidr: "10.245.0.0/16" } }] }] }, true],
  [
    "its block less it",
    "ingress",
    { podSelector: WEB, ingress: [{ from: [{ ipBlock: { cidr: "10.245.0.0/16", except: ["10.245.0.0/24"] } }] }] },
    false,
  ],
  [
    "to its labels",
    "egress",
    {
      podSelector: WEB,
      egress: [{ to: [{ podSelector: { matchLabels: { app: "cart" } } }] }],
      policyTypes: ["Egress"],
    },
    true,
  ],
];

for (const [title, direction, spec, isAllowed] of rows)
  test(`${direction}, ${title}: ${isAllowed ? "allowed" : "not allowed"}`, () => {
    assert.equal(policyVerdict([{ metadata: { name: "p" }, spec }], direction, CONNECTING).isAllowed, isAllowed);
  });

test("of several policies one that allows it is enough, and all are named", () => {
  const all = [{ podSelector: WEB }, { podSelector: {}, ingress: [{}] }].map((spec, i) => ({
    metadata: { name: `p${i}` },
    spec,
  }));
  assert.deepEqual(policyVerdict(all, "ingress", CONNECTING), { selecting: ["p0", "p1"], isAllowed: true });
});
