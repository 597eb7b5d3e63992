import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { normalObject } from "./normal-object.ts";
import { differences, formatDifference, judge } from "./object-differences.ts";

const lines = (upstream: readonly UnstructuredObject[], here: readonly UnstructuredObject[]): string[] =>
  differences(upstream.map(normalObject), here.map(normalObject)).map(formatDifference);

function tenant(name: string, fields: object = {}, metadata: object = {}): UnstructuredObject {
  return { apiVersion: "v1", kind: "Tenant", metadata: { name, namespace: "ns", ...metadata }, ...fields };
}

for (const [behaviour, upstream, here] of [
  [
    "uids, versions and times of the server",
    tenant("a", {}, { uid: "1", resourceVersion: "7", creationTimestamp: "2026-11-23T16:41:21Z", generation: 1 }),
    tenant("a", {}, { uid: "2", resourceVersion: "9", creationTimestamp: "2026-11-27T06:00:00Z", generation: 3 }),
  ],
  [
    "random suffixes of names",
    tenant("web-6dbf66845f-v2q2q", { spec: { slice: "web-rvq4c" } }),
    tenant("web-c67b9zs546-px4lt", { spec: { slice: "web-dgt6q" } }),
  ],
  [
    "keys that the recording has no more",
    tenant("a", { spec: { csr: "<424 base64 characters>" } }),
    tenant("a", { spec: { csr: "bWFkZSBvZiBub3RoaW5nIGJ1dCBieXRlcyBhbmQgYnl0ZXM=" } }),
  ],
  [
    "addresses of machines and pods",
    tenant("a", { status: { url: "https://172.31.0.1:6443", ip: "10.244.1.8" } }),
    tenant("a", { status: { url: "https://198.18.209.1:6443", ip: "10.244.0.5" } }),
  ],
  [
    "the order of lists whose elements have names",
    tenant("a", { conditions: [{ type: "A" }, { type: "B" }], finalizers: ["x", "y"] }),
    tenant("a", { conditions: [{ type: "B" }, { type: "A" }], finalizers: ["y", "x"] }),
  ],
  [
    "what is empty and what is absent",
    tenant("a", { spec: { secretRef: { name: "" }, list: [], map: {} } }),
    tenant("a", { spec: {} }),
  ],
  [
    "the name of the virtual node",
    tenant("a", { spec: { node: "cluster-b" } }),
    tenant("a", { spec: { node: "liqo-cluster-b" } }),
  ],
] as const) {
  test(`${behaviour} make no difference`, () => assert.deepEqual(lines([upstream], [here]), []));
}

for (const [behaviour, upstream, here, expected] of [
  [
    "a label that is missing",
    tenant("a", {}, { labels: { "liqo.io/managed": "true" } }),
    tenant("a"),
    "Tenant ns/a metadata.labels.liqo.io/managed: upstream true, here nothing",
  ],
  [
    "an annotation with an empty value",
    tenant("a"),
    tenant("a", {}, { annotations: { empty: "" } }),
    "Tenant ns/a metadata.annotations.empty: upstream nothing, here ",
  ],
  [
    "a condition's reason",
    tenant("a", { status: { conditions: [{ type: "Ready", reason: "Done" }] } }),
    tenant("a", { status: { conditions: [{ type: "Ready", reason: "Finished" }] } }),
    "Tenant ns/a status.conditions[Ready].reason: upstream Done, here Finished",
  ],
  [
    "an owner that is no controller",
    tenant("a", {}, { ownerReferences: [{ kind: "Pod", name: "p", uid: "1", controller: true }] }),
    tenant("a", {}, { ownerReferences: [{ kind: "Pod", name: "p", uid: "2" }] }),
    "Tenant ns/a metadata.ownerReferences[p].controller: upstream true, here nothing",
  ],
  [
    "a finalizer too many",
    tenant("a"),
    tenant("a", {}, { finalizers: ["x"] }),
    "Tenant ns/a metadata.finalizers[x]: upstream nothing, here present",
  ],
  [
    "an address that IPAM chose",
    tenant("a", { status: { ip: "10.70.0.3" } }),
    tenant("a", { status: { ip: "10.70.0.2" } }),
    "Tenant ns/a status.ip: upstream 10.70.0.3, here 10.70.0.2",
  ],
  [
    "a network",
    tenant("a", { spec: { cidr: "10.244.0.0/16" } }),
    tenant("a", { spec: { cidr: "10.245.0.0/16" } }),
    "Tenant ns/a spec.cidr: upstream 10.244.0.0/16, here 10.245.0.0/16",
  ],
] as const) {
  test(`${behaviour} is a difference`, () => assert.deepEqual(lines([upstream], [here]), [expected]));
}

test("objects on one side only are differences", () => {
  assert.deepEqual(lines([tenant("a"), tenant("b")], [tenant("b"), tenant("c")]), [
    "Tenant ns/a: upstream exists, here nothing",
    "Tenant ns/c: upstream nothing, here exists",
  ]);
});

test("objects whose names differ by chance alone are paired with the likest", () => {
  const upstream = [tenant("web-bbbbb", { spec: { side: "left" } }), tenant("web-ccccc", { spec: { side: "right" } })];
  const here = [tenant("web-ddddd", { spec: { side: "right" } }), tenant("web-fffff", { spec: { side: "left" } })];
  assert.deepEqual(lines(upstream, here), []);
});

test("the keys of a Secret count, its values do not", () => {
  const secret = (data: object): UnstructuredObject => ({ kind: "Secret", metadata: { name: "a" }, data });
  assert.deepEqual(lines([secret({ user: "<8 base64 characters>" })], [secret({ user: "ZGVtbw==" })]), []);
  assert.deepEqual(lines([secret({ user: "x" })], [secret({ name: "x" })]), [
    "Secret a data.name: upstream nothing, here <data>",
    "Secret a data.user: upstream <data>, here nothing",
  ]);
});

test("an acceptance covers its differences, and one that covers none is idle", () => {
  const found = differences(
    [tenant("a", { spec: { x: "1", y: "1" } })].map(normalObject),
    [tenant("a", { spec: { x: "2", y: "2" } })].map(normalObject),
  );
  const used = { object: /^Tenant /, path: /^spec\.x$/, reason: "meant" };
  const idle = { object: /^Tenant /, path: /^spec\.z$/, reason: "gone" };
  const judged = judge(found, [used, idle]);
  assert.deepEqual(judged.open.map(formatDifference), ["Tenant ns/a spec.y: upstream 1, here 2"]);
  assert.deepEqual(judged.idle, [idle]);
});
