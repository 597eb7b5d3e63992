/** What the chart makes of its values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ValidatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import type { Deployment } from "kubernetes-types/apps/v1";
import { CHART, helm, parseManifest, REQUIRED_VALUES, setFlags, template, tryTemplate } from "#kit/chart.ts";
import type { KubeObject } from "#machinery/meta.ts";

const kindsOf = (objects: readonly KubeObject[]): Set<string> => new Set(objects.map(({ kind = "" }) => kind));

async function render(
  values: Readonly<Record<string, string>> = {},
  ...args: readonly string[]
): Promise<KubeObject[]> {
  return parseManifest(await template(values, ...args));
}

async function managerArguments(values: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const manager = (await render(values)).find(({ kind }) => kind === "Deployment") as Deployment | undefined;
  return manager?.spec?.template.spec?.containers[0]?.args ?? [];
}

test("helm lint finds nothing, in strict mode", async () => {
  const { code, stdout } = await helm("lint", "--strict", CHART, ...setFlags(REQUIRED_VALUES));
  assert.equal(code, 0, stdout);
  assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/);
  assert.doesNotMatch(stdout, /\[(WARNING|ERROR)\]/);
});

test("two renders are the same, without what Liqo fills in itself and with no hook but that before deletion", async () => {
  const [first, second] = [await template(), await template()];
  assert.equal(first, second);
  // A tool that compares the cluster with the chart would fight over either.
  assert.doesNotMatch(first, /caBundle|kind: Secret/);
  assert.deepEqual(new Set(first.match(/helm\.sh\/hook:.*/g)), new Set(["helm.sh/hook: pre-delete"]));
});

test("the rights of the hook come before its Job, and all of it goes when it is done", async () => {
  const hooks = (await render()).filter(({ metadata }) => metadata?.annotations?.["helm.sh/hook"] !== undefined);
  const weights = hooks.map(({ kind, metadata }) => `${kind} ${metadata?.annotations?.["helm.sh/hook-weight"]}`);
  const rights = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"];
  assert.deepEqual(weights.sort(), [...rights.map((kind) => `${kind} -1`), "Job 0"].sort());
  for (const { metadata } of hooks)
    assert.equal(metadata?.annotations?.["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded");
});

test("the namespace is the release's, in every object that has one", async () => {
  const { stdout } = await tryTemplate(REQUIRED_VALUES, "--namespace", "elsewhere");
  assert.doesNotMatch(stdout, /namespace: liqo\b/);
  assert.match(stdout, /--vk-options-default-template=elsewhere\/virtual-kubelet-default/);
});

test("without networking there is no fabric, no gateway and no network", async () => {
  const all = kindsOf(await render());
  const left = kindsOf(await render({ "networking.enabled": "false" }));
  const gone = [...all].filter((kind) => !left.has(kind)).sort();
  assert.deepEqual(gone, [
    "DaemonSet",
    "FirewallConfiguration",
    "Network",
    "WgGatewayClientTemplate",
    "WgGatewayServerTemplate",
  ]);
  assert.ok((await managerArguments({ "networking.enabled": "false" })).includes("--networking-enabled=false"));
});

test("a module that is off is off in liqo-controller-manager", async () => {
  for (const module of ["authentication", "offloading"])
    assert.ok((await managerArguments({ [`${module}.enabled`]: "false" })).includes(`--${module}-enabled=false`));
});

test("a second replica brings election, a disruption budget and two nodes", async () => {
  const one = await render();
  assert.ok(!kindsOf(one).has("PodDisruptionBudget"));
  assert.ok(!(await managerArguments({})).includes("--enable-leader-election"));
  const two = await render({ "controllerManager.replicas": "2" });
  assert.ok(kindsOf(two).has("PodDisruptionBudget"));
  const manager = two.find(({ kind }) => kind === "Deployment") as Deployment | undefined;
  const pod = manager?.spec?.template.spec;
  assert.ok(pod?.containers[0]?.args?.includes("--enable-leader-election"));
  assert.equal(pod?.topologySpreadConstraints?.[0]?.topologyKey, "kubernetes.io/hostname");
});

test("labels of the cluster and resources become lists of pairs", async () => {
  const labels = { "discovery.config.clusterLabels.zone": "west", "discovery.config.clusterLabels.tier": "gold" };
  assert.ok((await managerArguments(labels)).includes("--cluster-labels=tier=gold,zone=west"));
});

test("custom resources of the containers are in every pod", async () => {
  const resources = [
    "controllerManager.pod.resources",
    "networking.fabric.pod.resources",
    "networking.gatewayTemplates.container.gateway.resources",
    "virtualKubelet.extra.resources",
  ];
  const values = Object.fromEntries(resources.map((path, i) => [`${path}.limits.memory`, `${i + 1}Gi`]));
  const text = await template(values);
  for (const i of resources.keys()) assert.match(text, new RegExp(`memory: ${i + 1}Gi`), resources[i]);
});

test("a reflector of another type, or with other workers, is told to the virtual kubelet", async () => {
  const text = await template({
    "offloading.reflection.secret.type": "AllowList",
    "offloading.reflection.pod.workers": "42",
    "offloading.reflection.skip.labels[0]": "example.com/secret",
  });
  const objects = parseManifest(text);
  const { spec } = objects.find(({ kind }) => kind === "VkOptionsTemplate") as KubeObject & {
    spec: { reflectorsConfig: Record<string, object>; labelsNotReflected: string[] };
  };
  assert.deepEqual(spec.reflectorsConfig["secret"], { workers: 10, type: "AllowList" });
  assert.deepEqual(spec.reflectorsConfig["pod"], { workers: 42 });
  assert.deepEqual(spec.labelsNotReflected, ["example.com/secret"]);
});

test("no label takes an object past the webhooks that keep tenants and protected namespaces", async () => {
  const configurations = (await render()).filter(({ kind }) => kind === "ValidatingWebhookConfiguration");
  const hooks = configurations.flatMap((found) => (found as ValidatingWebhookConfiguration).webhooks ?? []);
  for (const kind of ["nsoff", "shadowpod", "resourceslice", "renew", "namespacemap"]) {
    const hook = hooks.find(({ name }) => name === `${kind}.validate.liqo.io`);
    assert.deepEqual([hook?.name, hook?.objectSelector], [`${kind}.validate.liqo.io`, undefined]);
  }
});
