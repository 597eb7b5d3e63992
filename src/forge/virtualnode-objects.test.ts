import assert from "node:assert/strict";
import { test } from "node:test";
import { REFLECTOR_NAMES } from "#api/offloading/reflectors.ts";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { forgeNamespaceMap, forgeVkDeployment, forgeVkServiceAccount, forgeVkTemplate } from "./virtualnode-objects.ts";

const NODE: VirtualNode = {
  metadata: { name: "liqo-rome", namespace: "liqo-tenant-rome" },
  spec: { clusterID: "rome", kubeconfigSecretRef: { name: "kubeconfig-rome" } },
};
const PARTS = {
  homeClusterId: "milan",
  liqoNamespace: "liqo",
  localPodCidr: "10.244.0.0/16",
  runtimeClass: "offloaded",
};
const argumentsOf = (options: VkOptionsTemplate["spec"], node = NODE): readonly string[] =>
  forgeVkTemplate(node, options, PARTS).spec?.template.spec?.containers[0]?.args ?? [];
const OPTIONS = { containerImage: "i", createNode: true, disableNetworkCheck: false, metricsEnabled: false };

for (const [name, options, spec, argument, isThere] of [
  ["whose node it is", OPTIONS, {}, "--foreign-cluster-id=rome", true],
  ["its own cluster", OPTIONS, {}, "--home-cluster-id=milan", true],
  ["the RuntimeClass that stays at home", OPTIONS, {}, "--liqo-runtime-class=offloaded", true],
  ["the Secret with its kubeconfig", OPTIONS, {}, "--foreign-kubeconfig-secret-name=kubeconfig-rome", true],
  ["no storage when the provider has none", OPTIONS, {}, "--enable-storage", false],
  ["storage when it has", OPTIONS, { storageClasses: [{ storageClassName: "fast" }] }, "--enable-storage", true],
  [
    "the provider's default class before the first",
    OPTIONS,
    { storageClasses: [{ storageClassName: "slow" }, { storageClassName: "fast", default: true }] },
    "--remote-real-storage-class-name=fast",
    true,
  ],
  ["that it makes the Node", OPTIONS, {}, "--create-node=true", true],
  ["that it makes none", OPTIONS, { createNode: false }, "--create-node=false", true],
  ["that the network counts", OPTIONS, {}, "--node-check-network=true", true],
  ["that it does not", OPTIONS, { disableNetworkCheck: true }, "--node-check-network=false", true],
  ["what an administrator added", { ...OPTIONS, extraArgs: ["--v=4"] }, {}, "--v=4", true],
] as const) {
  test(`a virtual kubelet is told ${name}`, () => {
    const node = { ...NODE, spec: { clusterID: "rome", ...NODE.spec, ...spec } } as VirtualNode;
    assert.equal(argumentsOf(options as VkOptionsTemplate["spec"], node).includes(argument), isThere);
  });
}

test("the RuntimeClass goes without saying where it is called as everywhere", () => {
  const args = forgeVkTemplate(NODE, OPTIONS, { ...PARTS, runtimeClass: "liqo" }).spec?.template.spec?.containers[0]
    ?.args;
  assert.equal(
    (args ?? []).some((argument) => argument.startsWith("--liqo-runtime-class")),
    false,
  );
});

test("the settings of every reflector reach the virtual kubelet", () => {
  const reflectorsConfig = Object.fromEntries(REFLECTOR_NAMES.map((name) => [name, { workers: 7, type: "AllowList" }]));
  const args = argumentsOf({ ...OPTIONS, reflectorsConfig });
  for (const name of REFLECTOR_NAMES) {
    assert.ok(args.includes(`--${name}-reflection-workers=7`), name);
    assert.ok(args.includes(`--${name}-reflection-type=AllowList`), name);
  }
});

test("a changed offloading patch or a new account restarts the virtual kubelet, nothing else does", () => {
  const template = forgeVkTemplate(NODE, OPTIONS, PARTS);
  const podOf = (spec: Partial<VirtualNode["spec"]>, uid = "1") => {
    const node = { ...NODE, spec: { ...NODE.spec, clusterID: "rome", template, ...spec } };
    return forgeVkDeployment(node, ["--remote-pod-cidr=10.1.0.0/16"], uid)?.spec?.template;
  };
  assert.deepEqual(podOf({ labels: { zone: "west" } }), podOf({}));
  assert.notDeepEqual(podOf({ offloadingPatch: { labelsNotReflected: ["a"] } }), podOf({}));
  assert.notDeepEqual(podOf({}, "2"), podOf({}));
  assert.equal(podOf({})?.spec?.containers[0]?.args?.at(-1), "--remote-pod-cidr=10.1.0.0/16");
});

test("without a template there is nothing to run", () => {
  assert.equal(forgeVkDeployment(NODE, [], "1"), undefined);
});

test("account and NamespaceMap bear the names that others look for", () => {
  assert.deepEqual(forgeVkServiceAccount(NODE).metadata, {
    name: "liqo-rome",
    namespace: "liqo-tenant-rome",
    labels: { "liqo.io/managed": "true" },
  });
  const { metadata } = forgeNamespaceMap("rome", "liqo-tenant-rome");
  assert.deepEqual([metadata?.name, metadata?.labels?.["liqo.io/remote-cluster-id"]], ["rome", "rome"]);
});
