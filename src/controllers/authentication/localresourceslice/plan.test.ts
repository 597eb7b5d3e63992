import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import { forgeResourceSlice } from "#forge/authentication.ts";
import { replicaOf } from "#replication/replica.ts";
import { isLocalSlice, nameOfVirtualNode } from "./plan.ts";

const OPTIONS = {
  name: "rome",
  namespace: "liqo-tenant-rome",
  class: "default",
  resources: {},
  createVirtualNode: true,
};
/** Of milan, for rome. */
const OWN = forgeResourceSlice({ ...OPTIONS, providerId: "rome" });
const completed = (slice: ResourceSlice, consumerClusterID: string): ResourceSlice => ({
  ...slice,
  spec: { ...slice.spec, consumerClusterID },
});
const REPLICA = replicaOf({ ...completed(OWN, "milan") }, "liqo-tenant-milan", "milan") as ResourceSlice;
const withLabels = (changes: Record<string, string>): ResourceSlice => ({
  ...REPLICA,
  metadata: { ...REPLICA.metadata, labels: { ...REPLICA.metadata?.labels, ...changes } },
});
const { [labels.ORIGIN_ID]: _origin, ...withoutOrigin } =
  withLabels({ [labels.REPLICATED]: "false" }).metadata?.labels ?? {};

for (const [name, clusterId, isLocal, slice] of [
  ["as a person makes it, at the consumer", "milan", true, OWN],
  ["completed, at the consumer", "milan", true, completed(OWN, "milan")],
  ["the replica, at the provider", "rome", false, REPLICA],
  ["the replica that its tenant relabelled", "rome", false, withLabels({ [labels.REPLICATED]: "false" })],
  [
    "the replica without any sign of it",
    "rome",
    false,
    { ...REPLICA, metadata: { ...REPLICA.metadata, labels: withoutOrigin } },
  ],
  ["one of another consumer", "milan", false, completed(OWN, "turin")],
] as const) {
  test(`a slice ${name} is ${isLocal ? "" : "not "}this cluster's own`, () => {
    assert.equal(isLocalSlice(slice, clusterId), isLocal);
  });
}

for (const [name, present, expected] of [
  ["none", [], "liqo-rome"],
  ["ours", [["liqo-rome", "uid"]], "liqo-rome"],
  ["upstream's, of a Liqo that was replaced", [["rome", "uid"]], "rome"],
  [
    "both",
    [
      ["rome", "uid"],
      ["liqo-rome", "uid"],
    ],
    "liqo-rome",
  ],
  ["one that somebody made for himself", [["mine", undefined]], "liqo-rome"],
  ["that of another slice", [["other", "another uid"]], "liqo-rome"],
] as const) {
  test(`the virtual node of a slice, where there is ${name}, is ${expected}`, () => {
    const nodes = present.map(([node, uid]) => ({
      metadata: {
        name: node,
        ...(uid !== undefined && { ownerReferences: [{ apiVersion: "", kind: "ResourceSlice", name: "rome", uid }] }),
      },
    }));
    assert.equal(nameOfVirtualNode({ metadata: { name: "rome", uid: "uid" } }, nodes), expected);
  });
}
