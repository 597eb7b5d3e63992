import assert from "node:assert/strict";
import { test } from "node:test";
import * as labels from "#api/labels.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { forgeNamespaceMap } from "#forge/virtualnode-objects.ts";
import { acceptedMappings, isOwnNamespaceMap } from "./namespace-map.ts";

const MAP = forgeNamespaceMap("rome", "liqo-tenant-rome");
const labelled = (own: Record<string, string>): NamespaceMap => ({ metadata: { ...MAP.metadata, labels: own } });

for (const [name, expected, map, peer] of [
  ["made for a provider, in its tenant namespace", true, MAP, "rome"],
  ["of that name elsewhere", false, MAP, undefined],
  ["of that name in another's tenant namespace", false, MAP, "turin"],
  ["that a consumer replicated hither", false, labelled({ [labels.REPLICATED]: "true" }), "rome"],
  [
    "that a consumer replicated hither and relabelled",
    false,
    labelled({ [labels.REPLICATED]: "false", [labels.ORIGIN_ID]: "rome" }),
    "rome",
  ],
] as const) {
  test(`a map ${name} is ${expected ? "" : "not "}this cluster's own`, () => {
    assert.equal(isOwnNamespaceMap(map, peer), expected);
  });
}

test("a namespace is reflected when it was asked for and the provider has made its twin, and no other", () => {
  const map: NamespaceMap = {
    ...MAP,
    spec: { desiredMapping: { web: "web-milan", shop: "shop-milan", late: "late-milan", moved: "moved-milan" } },
    status: {
      currentMapping: {
        web: { remoteNamespace: "web-milan", phase: "Accepted" },
        shop: { remoteNamespace: "shop-milan", phase: "CreationLoopBackOff" },
        moved: { remoteNamespace: "elsewhere", phase: "Accepted" },
        // The provider's own idea.
        "kube-system": { remoteNamespace: "loot", phase: "Accepted" },
      },
    },
  };
  assert.deepEqual([...acceptedMappings(map)], [["web", "web-milan"]]);
  const leaving = { ...map, metadata: { ...map.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.deepEqual([...acceptedMappings(leaving)], []);
});
