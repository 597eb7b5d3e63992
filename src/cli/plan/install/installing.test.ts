import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { planOf, titleOf } from "../model.ts";
import { type InstallFacts, planInstalling } from "./installing.ts";

const NO_FLAGS = (): undefined => undefined;
const place = { id: "milan", liqoNamespace: "liqo" };
const NOTHING: InstallFacts = {
  ...place,
  wanted: [],
  hooks: [],
  before: [],
  live: new Map(),
  records: [],
  crds: { wanted: [], live: [], counts: new Map() },
  own: {
    ...place,
    flagOf: (name) => `${name === "x"}`,
    nodes: [],
    apiServer: undefined,
    slices: [],
    proxy: undefined,
    ips: [],
  },
  followers: {
    ...place,
    ...{ servers: [], clients: [], virtualNodes: [], options: [], pods: [] },
    home: { clusterId: "milan", liqoNamespace: "liqo", podCidr: "", runtimeClass: "", storageClass: "" },
  },
  switches: {
    ...place,
    ...{ before: NO_FLAGS, after: NO_FLAGS, hasProxy: true },
    ...{ nodes: [], pods: [], configurations: [], connections: [], tenants: [], objects: [] },
  },
  present: { objects: [], unlisted: [] },
  remarks: [],
};

const object = (kind: string, name: string, more = {}): UnstructuredObject => ({
  kind,
  metadata: { name, namespace: "liqo" },
  ...more,
});
const PROXY = object("Deployment", "proxy", { spec: { replicas: 1 } });

/** What is there is what is listed, too. */
function plan(facts: Partial<InstallFacts>, live: readonly UnstructuredObject[] = []) {
  const there = { live: new Map(live.map((each) => [titleOf(each), each])), present: { objects: live, unlisted: [] } };
  return planOf("liqoctl install", planInstalling({ ...NOTHING, ...there, ...facts }));
}

function lines(facts: Partial<InstallFacts>, live: readonly UnstructuredObject[] = []): string[] {
  return plan(facts, live)
    .changes.filter(({ kind, name }) => kind !== "Namespace" && name !== "liqo-webhook-certs")
    .map(({ verb, name, why }) => `${verb} ${name}: ${why}`)
    .filter((line) => !line.startsWith("create sh.helm"));
}

const RECORD = "sh.helm.release.v1.liqo.v";
const KEPT = { metadata: { name: "kept", namespace: "liqo", annotations: { "helm.sh/resource-policy": "keep" } } };
const records = (...revisions: number[]) =>
  revisions.map((revision) => ({ revision, status: revision === revisions.at(-1) ? "deployed" : "superseded" }));

for (const [what, facts, live, expected] of [
  ["what is not there comes", { wanted: [PROXY] }, [], ["create proxy: it is of the chart"]],
  ["what is there stays", { wanted: [PROXY], before: [PROXY] }, [PROXY], []],
  [
    "what is another changes",
    { wanted: [object("Deployment", "proxy", { spec: { replicas: 2 } })], before: [PROXY] },
    [PROXY],
    ["change proxy: spec.replicas 1 → 2"],
  ],
  ["what the chart has no more goes", { before: [PROXY] }, [PROXY], ["delete proxy: it is of the chart no more"]],
  ["what is gone already does not go again", { before: [PROXY] }, [], []],
  ["what somebody else has made stays", {}, [PROXY], []],
  ["what the chart keeps stays", { before: [object("ConfigMap", "kept")] }, [object("ConfigMap", "kept", KEPT)], []],
  [
    "of a Secret only names are told",
    { wanted: [object("Secret", "s", { data: { a: 2 } })], before: [object("Secret", "s", { data: { a: 1 } })] },
    [object("Secret", "s", { data: { a: 1 } })],
    ["change s: data.a"],
  ],
  [
    "the record before is written again",
    { records: records(1) },
    [],
    [`change ${RECORD}1: Helm's record of the release before`],
  ],
  [
    "an eleventh record takes the place of the first",
    { records: records(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) },
    [],
    [`change ${RECORD}10: Helm's record of the release before`, `delete ${RECORD}1: Helm keeps 10 records`],
  ],
] as const satisfies readonly (readonly [
  string,
  Partial<InstallFacts>,
  readonly UnstructuredObject[],
  readonly string[],
])[])
  test(`an installation: ${what}`, () => assert.deepEqual(lines(facts, live), expected));

for (const [kind, field, from, to] of [
  ["RuntimeClass", "handler", "a", "b"],
  ["StorageClass", "provisioner", "a", "b"],
  ["RoleBinding", "roleRef", { name: "a" }, { name: "b" }],
] as const)
  test(`an installation: ${field} of a ${kind} is refused, as by the API server`, () => {
    const [was, is] = [object(kind, "x", { [field]: from }), object(kind, "x", { [field]: to })];
    assert.throws(() => plan({ wanted: [is], before: [was] }, [was]), {
      message: new RegExp(`^${kind} liqo/x: ${field}\\S* is immutable, and would become "b" instead of "a"$`),
    });
  });

test("an installation: what owns what goes takes it along, and a user's own is destructive", () => {
  const owner = object("Deployment", "proxy", { metadata: { name: "proxy", namespace: "liqo", uid: "1" } });
  const owned = object("ConfigMap", "below", {
    metadata: { name: "below", namespace: "liqo", ownerReferences: [{ kind: "Deployment", name: "proxy", uid: "1" }] },
  });
  const found = plan({ before: [owner] }, [owner, owned as UnstructuredObject]);
  assert.deepEqual(
    found.changes.filter(({ verb }) => verb === "delete").map(({ name }) => name),
    ["below", "proxy"],
  );
});

test("an installation: objects of a kind that loses a field are told, and destructive", () => {
  const crd = (properties: object): never =>
    ({
      metadata: { name: "things.liqo.io", managedFields: [{ manager: "liqoctl", fieldsV1: { "f:spec": {} } }] },
      spec: {
        group: "liqo.io",
        names: { kind: "Thing", plural: "things" },
        versions: [{ name: "v1", schema: { openAPIV3Schema: { properties } } }],
      },
    }) as never;
  const [live, wanted] = [[crd({ a: {}, b: {} })], [crd({ a: {} })]];
  const found = (count: number) => plan({ crds: { wanted, live, counts: new Map([["things.liqo.io", count]]) } });
  assert.deepEqual(found(3).destructive, [
    "3 objects of things.liqo.io at milan lose what their kind has no more: v1 b",
  ]);
  assert.deepEqual(found(0).destructive, []);
});

test("an installation: another version of the controller manager is a remark", () => {
  const manager = (image: string) =>
    object("Deployment", "liqo-controller-manager", {
      spec: { selector: {}, template: { spec: { containers: [{ name: "controller-manager", image }] } } },
    });
  const remarks = (image: string) =>
    plan({ wanted: [manager(image)], before: [manager("a:1")] }, [manager("a:1")]).remarks;
  assert.match(remarks("a:2").join(), /^another liqo-controller-manager may write what it has made otherwise/);
  assert.deepEqual(remarks("a:1"), []);
});

test("an installation: a refused uninstallation is taken back by a record of its own", () => {
  const created = plan({ records: [{ revision: 1, status: "uninstalling" }] }).changes.map(({ name }) => name);
  assert.deepEqual(
    created.filter((name) => name.startsWith(RECORD)),
    [`${RECORD}2`, `${RECORD}3`],
  );
});
