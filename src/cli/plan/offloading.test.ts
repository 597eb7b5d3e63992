import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap, NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { forgeVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type Plan, planOf } from "./model.ts";
import { type OffloadingFacts, planOffloading, twinKey } from "./offloading.ts";
import type { Twin } from "./twin.ts";

const node = (provider: string, zone: string, args: readonly string[] = []): VirtualNode =>
  ({
    metadata: { name: `liqo-${provider}`, namespace: `liqo-tenant-${provider}` },
    spec: {
      clusterID: provider,
      labels: { zone },
      template: { spec: { template: { spec: { containers: [{ name: "vk", args }] } } } },
    },
  }) as unknown as VirtualNode;
const map = (provider: string, mapped?: string): NamespaceMap => ({
  metadata: { name: provider, namespace: `liqo-tenant-${provider}` },
  ...(mapped !== undefined && {
    spec: { desiredMapping: { shop: mapped } },
    status: { currentMapping: { shop: { phase: "Accepted", remoteNamespace: mapped } } },
  }),
});
const twin = (provider: string, objects: readonly KubeObject[] = []): Twin => ({
  ...{ provider, tenantNamespace: "liqo-tenant-milan", objects, unlisted: [] },
});
const wish = (spec: object = {}): NamespaceOffloading => ({
  metadata: { name: "offloading", namespace: "shop" },
  spec: {
    podOffloadingStrategy: "LocalAndRemote",
    namespaceMappingStrategy: "DefaultName",
    clusterSelector: { nodeSelectorTerms: [] },
    ...spec,
  },
});
const local = (kind: string, name: string, annotations: Record<string, string> = {}): KubeObject => ({
  kind,
  metadata: { name, namespace: "shop", annotations },
});
const pod = (name: string, nodeName: string, owner?: string) => ({
  metadata: {
    name,
    namespace: "shop",
    ...(owner !== undefined && {
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner, controller: true }],
    }),
  },
  spec: { nodeName, containers: [] },
});

const COPY: KubeObject = {
  kind: "ConfigMap",
  metadata: { name: "conf", namespace: "shop-milan", labels: { "offloading.liqo.io/origin": "milan" } },
};

const FRESH: OffloadingFacts = {
  home: "milan",
  namespace: { metadata: { name: "shop" } },
  offloading: undefined,
  maps: [map("rome"), map("oslo")],
  nodes: [node("rome", "south"), node("oslo", "north")],
  peers: [],
  bindings: [],
  pods: [pod("web", "worker", "rs")],
  objects: [local("ConfigMap", "conf")],
  twins: new Map(["rome", "oslo"].map((id) => [twinKey(id, "shop-milan"), twin(id)])),
  remoteClaims: [],
};
const OFFLOADED: OffloadingFacts = {
  ...FRESH,
  namespace: { metadata: { name: "shop", labels: { "liqo.io/scheduling-enabled": "true" } } },
  offloading: wish(),
  maps: [map("rome", "shop-milan"), map("oslo")],
  nodes: [node("rome", "south")],
  bindings: [forgeVkNamespaceBinding(node("rome", "south"), "shop")],
  twins: new Map([[twinKey("rome", "shop-milan"), twin("rome", [COPY])]]),
};

const SOUTH = {
  clusterSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["south"] }] }] },
};

const NOBODY = {
  nodeSelectorTerms: [
    {
      matchExpressions: [
        { key: "zone", operator: "Exists" },
        { key: "none", operator: "Exists" },
      ],
    },
  ],
};

function planned(facts: OffloadingFacts, wanted: NamespaceOffloading | undefined): Plan {
  return planOf("liqoctl x", planOffloading(facts, wanted));
}

function linesOf({ changes }: Plan): string[] {
  const marks = { create: "+", change: "~", delete: "-" };
  return changes.map(({ cluster, verb, kind, namespace, name }) =>
    [marks[verb], cluster, kind, namespace === undefined ? name : `${namespace}/${name}`].join(" "),
  );
}

for (const [name, facts, wanted, expected] of [
  [
    "the selector chooses where twins come to be",
    FRESH,
    wish(SOUTH),
    [
      "+ milan NamespaceOffloading shop/offloading",
      "+ milan RoleBinding shop/liqo-node-liqo-rome",
      "~ milan Namespace shop",
      "~ milan NamespaceMap liqo-tenant-rome/rome",
      "+ rome Namespace shop-milan",
      "+ rome ConfigMap shop-milan/conf",
      "+ rome RoleBinding shop-milan/liqo-tenant-milan",
      "~ rome NamespaceMap liqo-tenant-milan/rome",
    ],
  ],
  ["what is offloaded so already changes nothing", OFFLOADED, wish(), []],
  ["what is not offloaded has nothing to bring home", FRESH, undefined, []],
  [
    "a selector that chooses others ends the twin, and not the offloading",
    OFFLOADED,
    wish({ clusterSelector: NOBODY }),
    [
      "~ milan NamespaceMap liqo-tenant-rome/rome",
      "~ milan NamespaceOffloading shop/offloading",
      "- milan RoleBinding shop/liqo-node-liqo-rome",
      "~ rome NamespaceMap liqo-tenant-milan/rome",
      "- rome Namespace shop-milan",
      "- rome ConfigMap shop-milan/conf",
      "- rome RoleBinding shop-milan/liqo-tenant-milan",
    ],
  ],
  [
    "home again",
    OFFLOADED,
    undefined,
    [
      "~ milan Namespace shop",
      "~ milan NamespaceMap liqo-tenant-rome/rome",
      "- milan NamespaceOffloading shop/offloading",
      "- milan RoleBinding shop/liqo-node-liqo-rome",
      "~ rome NamespaceMap liqo-tenant-milan/rome",
      "- rome Namespace shop-milan",
      "- rome ConfigMap shop-milan/conf",
      "- rome RoleBinding shop-milan/liqo-tenant-milan",
    ],
  ],
] as const)
  test(name, () => {
    assert.deepEqual(linesOf(planned(facts, wanted)), expected);
  });

const onRome = (objects: readonly KubeObject[], args: readonly string[] = []): string[] => {
  const facts = { ...FRESH, objects, maps: [map("rome")], nodes: [node("rome", "south", args)] };
  return planned(facts, wish())
    .changes.filter(({ cluster, why }) => cluster === "rome" && /^(reflects|made of)/.test(why))
    .map(({ kind, name }) => `${kind} ${name}`);
};
const SKIP = { "liqo.io/skip-reflection": "true" };
const ALLOW = { "liqo.io/allow-reflection": "true" };
const slice = (of: string): KubeObject => ({
  ...local("EndpointSlice", `${of}-1`),
  metadata: { name: `${of}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": of } },
});

for (const [name, objects, args, expected] of [
  [
    "the root CA under another name",
    [local("ConfigMap", "kube-root-ca.crt")],
    [],
    ["ConfigMap kube-root-ca.crt.milan"],
  ],
  ["an object that is to be skipped stays", [local("Secret", "a", SKIP), local("Secret", "b")], [], ["Secret b"]],
  [
    "an AllowList takes what is allowed",
    [local("Secret", "a", ALLOW), local("Secret", "b"), local("ConfigMap", "kube-root-ca.crt")],
    ["--secret-reflection-type=AllowList", "--configmap-reflection-type=AllowList"],
    ["ConfigMap kube-root-ca.crt.milan", "Secret a"],
  ],
  ["a reflector that is off takes nothing", [local("Ingress", "a")], ["--ingress-reflection-workers=0"], []],
  [
    "endpoints follow their Service",
    [local("Service", "a", SKIP), slice("a"), slice("b")],
    [],
    ["ShadowEndpointSlice b-1"],
  ],
  ["wishes that contradict each other are none", [local("Secret", "a", { ...SKIP, ...ALLOW })], [], []],
  [
    "a policy is a shadow, and what is made of it",
    [local("NetworkPolicy", "a")],
    [],
    ["NetworkPolicy a", "ShadowNetworkPolicy a"],
  ],
  ["what is on its way out", [{ ...local("Secret", "a"), metadata: { name: "a", deletionTimestamp: "x" } }], [], []],
] as const)
  test(`reflected: ${name}`, () => assert.deepEqual(onRome(objects, args), expected));

test("pods on a node that goes move or end, the others stay", () => {
  const pods = [pod("a", "liqo-rome", "rs"), pod("b", "liqo-rome"), pod("c", "worker")];
  const { pods: fates, destructive } = planned({ ...OFFLOADED, pods }, undefined);
  assert.deepEqual(
    fates.map(({ name, fate, to }) => [name, fate, to]),
    [
      ["a", "moves", "a node of milan"],
      ["b", "ends", undefined],
      ["c", "stays", undefined],
    ],
  );
  assert.deepEqual(destructive, ["pod shop/b of milan ends: no controller makes it again"]);
});

test("claims lose their data where the twin goes, and nowhere else", () => {
  const remoteClaims = ["rome", "oslo"].map((cluster) => ({ cluster, namespace: "shop", name: "db", size: "1Gi" }));
  assert.deepEqual(planned({ ...OFFLOADED, remoteClaims }, undefined).data, [remoteClaims[0]]);
});

for (const [name, facts, wanted, expected] of [
  ["nobody is selected", { ...FRESH, nodes: [] }, wish(), /no cluster is selected for namespace shop/],
  ["there is nothing to bring home", FRESH, undefined, /namespace shop is not offloaded/],
  [
    "somebody else has the name",
    {
      ...FRESH,
      twins: new Map([
        [twinKey("rome", "shop-milan"), twin("rome", [{ kind: "Namespace", metadata: { name: "shop-milan" } }])],
      ]),
    },
    wish(SOUTH),
    /namespace shop-milan of rome exists and is none of this peering's/,
  ],
  [
    "a provider that could not be looked at",
    { ...FRESH, twins: new Map([[twinKey("rome", "shop-milan"), { ...twin("rome"), silence: "no route" }]]) },
    wish(SOUTH),
    /rome could not be asked about namespace shop-milan: no route/,
  ],
] as const)
  test(`remarked: ${name}`, () => assert.match(planned(facts, wanted).remarks.join("\n"), expected));
