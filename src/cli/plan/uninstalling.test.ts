import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { planOf, titleOf } from "./model.ts";
import { planUninstalling, type UninstallFacts } from "./uninstalling.ts";

const HELM = { "meta.helm.sh/release-name": "liqo", "meta.helm.sh/release-namespace": "liqo" };
const object = (
  kind: string,
  key: string,
  own: { apiVersion?: string; labels?: object; annotations?: object } = {},
): KubeObject => {
  const [namespace, name = ""] = key.includes("/") ? key.split("/") : [undefined, key];
  const { apiVersion = "v1", labels = {}, annotations = {} } = own;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...labels },
      annotations: { ...annotations },
    },
  };
};
const RELEASED = [
  object("Deployment", "liqo/liqo-controller-manager", { annotations: HELM }),
  object("ClusterRole", "liqo-fabric", { annotations: HELM }),
  object("Secret", "liqo/sh.helm.release.v1.liqo.v1", { labels: { owner: "helm" } }),
  object("Network", "liqo/pod-cidr", { apiVersion: "ipam.liqo.io/v1alpha1", annotations: HELM }),
  object("InternalNode", "worker", { apiVersion: "networking.liqo.io/v1beta1" }),
  object("ForeignCluster", "rome", { apiVersion: "core.liqo.io/v1beta1" }),
];
const PURGED = [
  object("CustomResourceDefinition", "ips.ipam.liqo.io"),
  object("PublicKey", "liqo-tenant-rome/rome", { apiVersion: "networking.liqo.io/v1beta1" }),
  object("Namespace", "liqo"),
  object("Secret", "liqo/authentication-keys"),
  object("Namespace", "liqo-tenant-rome", { labels: { "liqo.io/tenant-namespace": "true" } }),
  object("Namespace", "storage-empty", { labels: { "liqo.io/storage-provisioner": "true" } }),
];
const MINE = object("ConfigMap", "liqo/mine");
const OTHERS = [
  object("CustomResourceDefinition", "networks.example.com"),
  object("CustomResourceDefinition", "notliqo.io"),
  object("Network", "shop/net", { apiVersion: "example.com/v1" }),
  object("Deployment", "web", { annotations: { ...HELM, "meta.helm.sh/release-name": "web" } }),
  object("CustomResourceDefinition", "serviceexports.multicluster.x-k8s.io", {
    annotations: { ...HELM, "helm.sh/resource-policy": "keep" },
  }),
  object("Secret", "liqo/sh.helm.release.v1.other.v1", { labels: { owner: "helm" } }),
  object("Namespace", "shop"),
  object("Namespace", "storage-full", { labels: { "liqo.io/storage-provisioner": "true" } }),
];
const FACTS: UninstallFacts = {
  ...{ id: "milan", liqoNamespace: "liqo", storageNamespacesInUse: new Set(["storage-full"]), unlisted: [] },
  objects: [...RELEASED, ...PURGED, MINE, ...OTHERS],
};

function planned(purge: boolean) {
  const plan = planOf("x", [planUninstalling(FACTS, purge)]);
  return {
    ...plan,
    deleted: plan.changes
      .map(({ kind, namespace, name }) =>
        titleOf({ kind, metadata: { name, ...(namespace !== undefined && { namespace }) } }),
      )
      .sort(),
  };
}

test("the release and what Liqo has made for itself go, and nothing of anybody else's", () => {
  const { deleted, destructive, remarks } = planned(false);
  assert.deepEqual(deleted, RELEASED.map(titleOf).sort());
  assert.deepEqual([destructive, remarks], [[], []]);
});

test("--purge takes CRDs and namespaces too, but those with data; what somebody has put there is told", () => {
  const { deleted, destructive, remarks } = planned(true);
  const record = object("Secret", "liqo/sh.helm.release.v1.other.v1");
  assert.deepEqual(deleted, [...RELEASED, ...PURGED, MINE, record].map(titleOf).sort());
  assert.deepEqual(destructive, [
    "ConfigMap liqo/mine at milan, which is nobody's copy, is deleted",
    "Secret liqo/sh.helm.release.v1.other.v1 at milan, which is nobody's copy, is deleted",
  ]);
  assert.match(remarks.join(), /^namespace storage-full stays/);
});

test("what could not be listed is said", () => {
  const { remarks } = planOf("x", [planUninstalling({ ...FACTS, unlisted: ["secrets", "example.com"] }, false)]);
  assert.deepEqual(remarks, ["secrets, example.com could not be listed at milan: what goes of them is not told"]);
});
