import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import type { ShadowNetworkPolicy } from "#api/offloading/shadow.ts";
import { type Observed, planPolicy } from "./plan.ts";

const shadow: ShadowNetworkPolicy = {
  metadata: { name: "web", namespace: "shop-milan", uid: "1" },
  spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
};
const observed: Observed = {
  shadow,
  consumer: "milan",
  policies: [],
  configuration: undefined,
  configurations: [],
  podCidr: "10.244.0.0/16",
  consumerOf: () => "milan",
};
const ours = (uid: string): NetworkPolicy => ({
  metadata: {
    name: "web",
    ownerReferences: [
      { apiVersion: "offloading.liqo.io/v1beta1", kind: "ShadowNetworkPolicy", name: "web", uid, controller: true },
    ],
  },
});

for (const [title, seen, does, refused] of [
  ["a new one", {}, "apply", /^$/],
  ["one that is there", { policies: [ours("1")] }, "apply", /^$/],
  ["one of a shadow that was there before", { policies: [ours("0")] }, "apply", /^$/],
  ["in a namespace of nobody's", { consumer: undefined }, "nothing", /is no consumer's/],
  [
    "where the name is taken",
    { policies: [{ metadata: { name: "web" } }] },
    "nothing",
    /a NetworkPolicy web of its own/,
  ],
  ["beside policies of the cluster's own", { policies: [{ metadata: { name: "x" } }] }, "apply", /may not add/],
] as [string, Partial<Observed>, string, RegExp][]) {
  test(`${title}: ${does}`, () => {
    const plan = planPolicy({ ...observed, ...seen });
    assert.equal(plan.do, does);
    assert.match(plan.refused.join(), refused);
  });
}
