import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { isOutdated, replicaOf } from "#replication/replica.ts";
import { replicaProblem } from "./validate.ts";

const OWN = {
  apiVersion: "authentication.liqo.io/v1beta1",
  kind: "ResourceSlice",
  metadata: {
    name: "rome",
    namespace: "liqo-tenant-rome",
    uid: "1",
    labels: {
      "liqo.io/replication": "true",
      "liqo.io/remoteID": "rome",
      "liqo.io/remote-cluster-id": "rome",
      team: "a",
    },
    annotations: { "liqo.io/create-virtual-node": "true" },
    finalizers: ["crdreplicator.liqo.io/resource"],
  },
  spec: { class: "default" },
};
/** As the replicator creates it, and as upstream's does. */
const REPLICA = replicaOf(OWN, "liqo-tenant-milan", "milan");
/** With what the provider has put on it since. */
const SERVED: UnstructuredObject = {
  ...REPLICA,
  metadata: {
    ...REPLICA.metadata,
    annotations: { ...REPLICA.metadata?.annotations, "liqo.io/cordon-tenant": "true", "liqo.io/cordon": "" },
    finalizers: ["namespacemap-controller.liqo.io/finalizer"],
  },
};

type Metadata = NonNullable<UnstructuredObject["metadata"]>;
const changed = (
  object: UnstructuredObject,
  change: (metadata: Metadata) => Partial<Metadata>,
): UnstructuredObject => ({
  ...object,
  metadata: { ...object.metadata, ...change(object.metadata ?? {}) },
});
const labelled = (object: UnstructuredObject, own: Record<string, string>): UnstructuredObject =>
  changed(object, ({ labels }) => ({ labels: { ...labels, ...own } }));
const without = (object: UnstructuredObject, field: "labels" | "annotations", key: string): UnstructuredObject =>
  changed(object, (metadata) => ({
    [field]: Object.fromEntries(Object.entries(metadata[field] ?? {}).filter(([name]) => name !== key)),
  }));

const TENANT = { username: "milan", groups: ["liqo.io", "system:authenticated"] };

function ask(object: UnstructuredObject, oldObject?: UnstructuredObject, userInfo = TENANT): string | undefined {
  const operation = oldObject === undefined ? "CREATE" : "UPDATE";
  const request: AdmissionRequest = {
    ...{ uid: "1", operation, namespace: "liqo-tenant-milan", name: "rome", userInfo, object },
    ...(oldObject !== undefined && { oldObject }),
  };
  return replicaProblem(request, "milan");
}

for (const [name, problem, object] of [
  ["a replica of its own", undefined, REPLICA],
  [
    "one that is no replica",
    /label liqo\.io\/replicated must be "true", found "false"/,
    labelled(REPLICA, { "liqo.io/replicated": "false" }),
  ],
  [
    "one without labels",
    /label liqo\.io\/replicated must be "true", found none/,
    changed(REPLICA, () => ({ labels: {} })),
  ],
  [
    "one to be replicated",
    /label liqo\.io\/replication must be "false"/,
    labelled(REPLICA, { "liqo.io/replication": "true" }),
  ],
  [
    "one of another origin",
    /label liqo\.io\/originID must be "milan", found "turin"/,
    labelled(REPLICA, { "liqo.io/originID": "turin" }),
  ],
  [
    "one of another cluster",
    /label liqo\.io\/remote-cluster-id must be "milan"/,
    labelled(REPLICA, { "liqo.io/remote-cluster-id": "turin" }),
  ],
  ["one with finalizers", /finalizers of a replica/, changed(REPLICA, () => ({ finalizers: ["a/b"] }))],
  [
    "one with owners",
    /ownerReferences of a replica/,
    changed(REPLICA, () => ({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "1" }] })),
  ],
] as const) {
  test(`a tenant ${problem === undefined ? "may" : "may not"} create ${name}`, () => {
    const found = ask(object);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

for (const [name, problem, object] of [
  ["the spec", undefined, { ...SERVED, spec: { class: "other" } }],
  ["its own labels", undefined, labelled(SERVED, { team: "b" })],
  [
    "the cordon of its Tenant",
    /annotation liqo\.io\/cordon-tenant cannot/,
    without(SERVED, "annotations", "liqo.io/cordon-tenant"),
  ],
  ["its cordon", /annotation liqo\.io\/cordon cannot/, without(SERVED, "annotations", "liqo.io/cordon")],
  ["all annotations", /annotation liqo\.io\//, changed(SERVED, () => ({ annotations: {} }))],
  ["what it is", /label liqo\.io\/replicated cannot/, labelled(SERVED, { "liqo.io/replicated": "false" })],
  [
    "whose it is",
    /label liqo\.io\/remote-cluster-id cannot/,
    labelled(SERVED, { "liqo.io/remote-cluster-id": "turin" }),
  ],
  [
    "a label of Liqo that is new",
    /label offloading\.liqo\.io\/x cannot/,
    labelled(SERVED, { "offloading.liqo.io/x": "y" }),
  ],
  ["finalizers", /finalizers of a replica/, changed(SERVED, () => ({ finalizers: [] }))],
  [
    "owners",
    /ownerReferences of a replica/,
    changed(SERVED, () => ({ ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "1" }] })),
  ],
] as const) {
  test(`a tenant ${problem === undefined ? "may" : "may not"} change ${name}`, () => {
    const found = ask(object, SERVED);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

test("what the replicator writes later on is allowed, whatever changed at home", () => {
  const metadata = { ...OWN.metadata, labels: { ...OWN.metadata.labels, "liqo.io/more": "x" }, annotations: {} };
  const wanted = replicaOf({ ...OWN, metadata, spec: { class: "other" } }, "liqo-tenant-milan", "milan");
  assert.ok(isOutdated(SERVED, wanted));
  assert.equal(ask({ ...SERVED, spec: wanted["spec"] }, SERVED), undefined);
});

test("nobody else is asked", () => {
  assert.equal(
    ask(
      changed(REPLICA, () => ({ labels: {} })),
      undefined,
      { username: "admin", groups: ["system:masters"] },
    ),
    undefined,
  );
});

test("a tenant may write nothing outside tenant namespaces", () => {
  const request = { uid: "1", operation: "CREATE", namespace: "default", userInfo: TENANT, object: REPLICA } as const;
  assert.match(replicaProblem(request, undefined) ?? "", /namespace default is not a tenant namespace/);
});
