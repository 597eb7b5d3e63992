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
  storageClass: "liqo",
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
  ["no ingress class when none is offered", OPTIONS, {}, "--enable-ingress", false],
  [
    "that there are ingress classes",
    OPTIONS,
    { ingressClasses: [{ ingressClassName: "nginx" }] },
    "--enable-ingress",
    true,
  ],
  [
    "the first ingress class when none is the default",
    OPTIONS,
    { ingressClasses: [{ ingressClassName: "nginx" }, { ingressClassName: "kong" }] },
    "--remote-real-ingress-class-name=nginx",
    true,
  ],
  [
    "the load balancer class",
    OPTIONS,
    { loadBalancerClasses: [{ loadBalancerClassName: "a.b/c" }, { loadBalancerClassName: "a.b/d", default: true }] },
    "--remote-real-load-balancer-class-name=a.b/d",
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

test("another storage class than Liqo's usual one is said", () => {
  const args = forgeVkTemplate(NODE, OPTIONS, { ...PARTS, storageClass: "there" }).spec?.template.spec?.containers[0]
    ?.args;
  assert.ok(args?.includes("--virtual-storage-class-name=there"));
  assert.equal(
    argumentsOf(OPTIONS).some((argument) => argument.startsWith("--virtual-storage")),
    false,
  );
});

/** Every field of a VkOptionsTemplate, and where it is found in the Deployment. */
const EVERY: Required<NonNullable<VkOptionsTemplate["spec"]>> = {
  containerImage: "example.com/liqo:1",
  pullPolicy: "Always",
  imagePullSecrets: [{ name: "registry" }],
  replicas: 3,
  resources: { limits: { memory: "1Gi" } },
  tolerations: [{ key: "infra", operator: "Exists" }],
  extraArgs: ["--node-ping-interval=1s"],
  extraLabels: { team: "edge", "liqo.io/virtual-node": "not-this-one" },
  extraAnnotations: { note: "kept" },
  nodeExtraLabels: { zone: "west", area: "51" },
  nodeExtraAnnotations: { owner: "me" },
  metricsEnabled: true,
  metricsAddress: ":9000",
  createNode: false,
  disableNetworkCheck: true,
  reflectorsConfig: { pod: { workers: 4 }, secret: { workers: 2, type: "AllowList" } },
  // By the webhook, in the offloading patch.
  labelsNotReflected: ["a"],
  annotationsNotReflected: ["b"],
};

test("every field of a VkOptionsTemplate is found in the Deployment", () => {
  const template = forgeVkTemplate(NODE, EVERY, PARTS);
  const deployment = forgeVkDeployment({ ...NODE, spec: { clusterID: "rome", ...NODE.spec, template } }, [], "1");
  const pod = deployment?.spec?.template;
  const container = pod?.spec?.containers[0];
  assert.deepEqual(
    [container?.image, container?.imagePullPolicy, container?.resources],
    ["example.com/liqo:1", "Always", { limits: { memory: "1Gi" } }],
  );
  assert.deepEqual(pod?.spec?.imagePullSecrets, [{ name: "registry" }]);
  assert.deepEqual(pod?.spec?.tolerations, EVERY.tolerations);
  assert.equal(deployment?.spec?.replicas, 3);
  for (const metadata of [deployment?.metadata, pod?.metadata]) {
    assert.equal(metadata?.labels?.["team"], "edge");
    assert.equal(metadata?.labels?.["liqo.io/virtual-node"], "liqo-rome", "the selector's labels are not the user's");
    assert.equal(metadata?.annotations?.["note"], "kept");
  }
  for (const argument of [
    "--node-ping-interval=1s",
    "--node-extra-labels=area=51,zone=west",
    "--node-extra-annotations=owner=me",
    "--metrics-enabled=true",
    "--metrics-address=:9000",
    "--pod-reflection-workers=4",
    "--secret-reflection-workers=2",
    "--secret-reflection-type=AllowList",
  ])
    assert.ok(container?.args?.includes(argument), argument);
  assert.deepEqual(container?.ports, [{ name: "metrics", containerPort: 9000, protocol: "TCP" }]);
});

for (const [given, address, port] of [
  [undefined, ":8082", 8082],
  ["", ":8082", 8082],
  ["everywhere", ":8082", 8082],
  ["0.0.0.0:9100", "0.0.0.0:9100", 9100],
] as const) {
  test(`metrics at ${given ?? "no address"} are served at ${address}`, () => {
    const options = { ...OPTIONS, metricsEnabled: true, ...(given !== undefined && { metricsAddress: given }) };
    const [container] = forgeVkTemplate(NODE, options, PARTS).spec?.template.spec?.containers ?? [];
    assert.ok(container?.args?.includes(`--metrics-address=${address}`));
    assert.equal(container?.ports?.[0]?.containerPort, port);
  });
}

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
