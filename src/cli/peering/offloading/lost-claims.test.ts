import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume } from "kubernetes-types/core/v1";
import { type Going, lostClaims } from "./lost-claims.ts";

const at = (provider: string, namespace: string, name: string, by = "liqo.io/storage"): PersistentVolume => ({
  metadata: { name: `pvc-${name}`, annotations: { "pv.kubernetes.io/provisioned-by": by } },
  spec: {
    capacity: { storage: "1Gi" },
    claimRef: { namespace, name },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "liqo.io/remote-cluster-id", operator: "In", values: [provider] }] },
        ],
      },
    },
  },
});
const HOME: PersistentVolume = {
  metadata: { name: "pvc-home", annotations: { "pv.kubernetes.io/provisioned-by": "liqo.io/storage" } },
  spec: {
    claimRef: { namespace: "shop", name: "home" },
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "liqo.io/type", operator: "DoesNotExist" }] }] },
    },
  },
};
const VOLUMES = [
  HOME,
  at("rome", "shop", "b"),
  at("rome", "shop", "a"),
  at("oslo", "shop", "c"),
  at("rome", "bank", "d"),
  at("rome", "gone", "e"),
  at("rome", "shop", "f", "example.com"),
];
const twin = { remoteNamespace: "x", phase: "Accepted" as const };
const MAPS = [
  { metadata: { name: "rome" }, status: { currentMapping: { shop: twin, bank: twin } } },
  { metadata: { name: "oslo" }, status: { currentMapping: { shop: twin } } },
];
const HINT = "; `liqoctl move volume` brings it home";

for (const [name, going, expected] of [
  [
    "of a namespace, at all its providers",
    { namespaces: ["shop"] },
    [
      `The data of 1 claim at oslo will be lost: shop/c (1Gi)${HINT}`,
      `The data of 2 claims at rome will be lost: shop/a (1Gi), shop/b (1Gi)${HINT}`,
    ],
  ],
  [
    "of a provider, in all namespaces",
    { provider: "rome" },
    [`The data of 3 claims at rome will be lost: bank/d (1Gi), shop/a (1Gi), shop/b (1Gi)${HINT}`],
  ],
  ["of a namespace that has no twin", { namespaces: ["gone"] }, []],
  ["of a provider without any", { provider: "bern" }, []],
] as [string, Going, string[]][]) {
  test(`claims that lose their data: ${name}`, () => assert.deepEqual(lostClaims(VOLUMES, MAPS, going), expected));
}

test("of very many the first ones are named", () => {
  const many = Array.from({ length: 12 }, (_, i) => at("rome", "shop", `claim-${10 + i}`));
  assert.match(
    lostClaims(many, MAPS, { provider: "rome" })[0] ?? "",
    /12 claims .* shop\/claim-19 \(1Gi\) and 2 more;/,
  );
});
