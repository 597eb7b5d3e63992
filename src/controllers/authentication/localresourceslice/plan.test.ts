import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import { base64, forgeResourceSlice } from "#forge/authentication.ts";
import { createCa } from "#pki/certificate.ts";
import { replicaOf } from "#replication/replica.ts";
import { describeDropped, isLocalSlice, isUpToDate, nameOfVirtualNode, planLocalSlice } from "./plan.ts";

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

const CERTIFICATE = base64((await createCa("rome")).certificate);
const PARAMS = { apiServer: "https://rome.test", signedCRT: CERTIFICATE, ca: CERTIFICATE };
const condition = (type: "Authentication" | "Resources", status: "Accepted" | "Denied") => ({ type, status });
const accepted = condition("Authentication", "Accepted");
const COMPLETE: ResourceSlice = { ...OWN, spec: { ...OWN.spec, csr: "csr", consumerClusterID: "milan" } };
const answered = (
  conditions: NonNullable<NonNullable<ResourceSlice["status"]>["conditions"]>,
  changes: { metadata?: object; authParams?: object } = {},
): ResourceSlice => ({
  ...COMPLETE,
  metadata: { ...COMPLETE.metadata, ...changes.metadata },
  status: { conditions, authParams: { ...PARAMS, ...changes.authParams } },
});
const wishing = (wish: string) => ({ metadata: { annotations: { "liqo.io/create-virtual-node": wish } } });
const BOTH = [accepted, condition("Resources", "Accepted")];
const GOING = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } };

for (const [name, expected, slice] of [
  ["a new slice gets its request", "complete", OWN],
  ["then it waits for the provider", "nothing", COMPLETE],
  ["one that was denied has no Identity", "nothing", answered([condition("Authentication", "Denied")])],
  ["one that was let in has", "ensure", answered([accepted])],
  ["and a virtual node once it was given resources", "ensure, virtual node", answered(BOTH)],
  ["none when they were denied", "ensure", answered([accepted, condition("Resources", "Denied")])],
  ["none when nobody wishes it", "ensure", answered(BOTH, wishing(""))],
  ["none when somebody does not", "ensure", answered(BOTH, wishing("False"))],
  ["an answer that cannot be used is refused", "refuse", answered(BOTH, { authParams: { apiServer: "http://rome" } })],
  ["one on its way out is left alone", "nothing", answered(BOTH, GOING)],
  ["another cluster's, too", "nothing", { ...REPLICA, status: answered(BOTH).status }],
  ["one that is gone", "nothing", undefined],
] as const) {
  test(`of the consumer's slices, ${name}`, () => {
    const plan = planLocalSlice(slice as ResourceSlice | undefined, "milan");
    assert.equal(plan.do === "ensure" && plan.hasVirtualNode ? "ensure, virtual node" : plan.do, expected);
  });
}

test("what is left out of the virtual node is told in the length of an event", () => {
  const labelled = (count: number): ResourceSlice => ({
    ...COMPLETE,
    status: {
      nodeLabels: Object.fromEntries(Array.from({ length: count }, (_, i) => [`node-role.kubernetes.io/r${i}`, ""])),
    },
  });
  assert.equal(describeDropped(labelled(0)), undefined);
  assert.match(describeDropped(labelled(1)) ?? "", /^not taken from the provider's answer: .*r0$/);
  assert.match(describeDropped(labelled(14)) ?? "", / and 4 more$/);
});

for (const [name, expected, before] of [
  ["none", false, undefined],
  ["one just like it", true, { spec: { clusterID: "rome", labels: { zone: "west" } } }],
  ["one with other labels", false, { spec: { clusterID: "rome", labels: { zone: "east" } } }],
  [
    "one with more resources",
    false,
    { spec: { clusterID: "rome", labels: { zone: "west" }, resourceQuota: { hard: { cpu: "9" } } } },
  ],
  [
    "one with another selector for the pods",
    false,
    { spec: { clusterID: "rome", labels: { zone: "west" }, offloadingPatch: { nodeSelector: { disk: "ssd" } } } },
  ],
  [
    "one whose patch is the user's",
    true,
    { spec: { clusterID: "rome", labels: { zone: "west" }, offloadingPatch: { runtimeClassName: "fast" } } },
  ],
  [
    "one that is completed otherwise",
    true,
    { spec: { clusterID: "rome", labels: { zone: "west" }, createNode: true } },
  ],
] as const) {
  test(`where there is ${name}, a virtual node is ${expected ? "left alone" : "written"}`, () => {
    assert.equal(isUpToDate(before, { spec: { clusterID: "rome", labels: { zone: "west" } } }), expected);
  });
}
