/** What every container of Liqo has: those of the chart, of the gateways' templates and of virtual kubelets. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Container, PodSpec } from "kubernetes-types/core/v1";
import { forgeVkTemplate } from "#forge/virtualnode-objects.ts";
import { parseManifest, template } from "#kit/chart.ts";
import type { KubeObject } from "#machinery/meta.ts";

interface Workload {
  readonly name: string;
  readonly pod: PodSpec;
}

/** Added to none; each has to be needed. */
const CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  "DaemonSet liqo-fabric": ["NET_ADMIN", "NET_RAW"],
  "WgGatewayServerTemplate wireguard-server": ["NET_ADMIN", "NET_RAW", "MKNOD"],
  "WgGatewayClientTemplate wireguard-client": ["NET_ADMIN", "NET_RAW", "MKNOD"],
};
/** Writes /proc/sys, and ends before anything else starts. */
const PRIVILEGED = "sysctls";

let workloads: Workload[];
let containers: { readonly of: string; readonly pod: PodSpec; readonly container: Container }[];

before(async () => {
  const objects = parseManifest(await template());
  workloads = [...objects.flatMap(podsIn), virtualKubelet(objects)];
  containers = workloads.flatMap(({ name, pod }) =>
    [...(pod.initContainers ?? []), ...pod.containers].map((container) => ({ of: name, pod, container })),
  );
});

test("these are all workloads", () => {
  assert.deepEqual(workloads.map(({ name }) => name).sort(), [
    "DaemonSet liqo-fabric",
    "Deployment liqo-controller-manager",
    "Deployment liqo-proxy",
    "Job liqo-pre-delete",
    "VirtualNode",
    "WgGatewayClientTemplate wireguard-client",
    "WgGatewayServerTemplate wireguard-server",
  ]);
});

test("the root file system is read-only, and resources are asked for", () => {
  for (const { of, container } of containers) {
    assert.equal(container.securityContext?.readOnlyRootFilesystem, true, of);
    assert.ok(container.resources?.requests?.["cpu"], of);
    assert.ok(container.resources.requests["memory"], of);
  }
});

test("all capabilities are dropped, and only what is needed is added", () => {
  for (const { of, container } of containers.filter(({ container }) => container.name !== PRIVILEGED)) {
    const { capabilities, allowPrivilegeEscalation, privileged } = container.securityContext ?? {};
    assert.deepEqual(capabilities?.drop, ["ALL"], of);
    assert.deepEqual(capabilities.add ?? [], CAPABILITIES[of] ?? [], of);
    assert.equal(allowPrivilegeEscalation, false, of);
    assert.equal(privileged, undefined, of);
  }
});

test("a privileged container is an init container that sets the kernel's parameters", () => {
  const privileged = containers.filter(({ container }) => container.securityContext?.privileged === true);
  assert.deepEqual(privileged.map(({ of }) => of).sort(), Object.keys(CAPABILITIES).sort());
  for (const { pod, container } of privileged) {
    assert.ok(pod.initContainers?.includes(container));
    assert.deepEqual(container.command?.slice(0, 2), ["node", "/opt/liqo/liqo-sysctls.js"]);
  }
});

test("who needs no capabilities is not root", () => {
  for (const { name, pod } of workloads.filter(({ name }) => CAPABILITIES[name] === undefined)) {
    assert.equal(pod.securityContext?.runAsNonRoot, true, name);
    assert.ok((pod.securityContext.runAsUser ?? 0) > 0, name);
  }
});

test("the seccomp profile is the runtime's", () => {
  for (const { name, pod } of workloads)
    assert.equal(pod.securityContext?.seccompProfile?.type, "RuntimeDefault", name);
});

test("liveness and readiness are asked for at endpoints of their own", () => {
  // A Job is asked for its end.
  for (const { name, pod } of workloads.filter((workload) => !workload.name.startsWith("Job ")))
    for (const container of pod.containers) {
      assert.equal(container.livenessProbe?.httpGet?.path, "/healthz", name);
      assert.equal(container.readinessProbe?.httpGet?.path, "/readyz", name);
    }
});

/** Pod templates wherever an object of the chart has them. */
function podsIn(object: KubeObject): Workload[] {
  const name = `${object.kind} ${object.metadata?.name}`;
  const find = (value: unknown): PodSpec[] => {
    if (typeof value !== "object" || value === null) return [];
    if ("containers" in value && Array.isArray(value.containers)) return [value as PodSpec];
    return Object.values(value).flatMap(find);
  };
  return find(object).map((pod) => ({ name, pod }));
}

function virtualKubelet(objects: readonly KubeObject[]): Workload {
  const options = objects.find(({ kind }) => kind === "VkOptionsTemplate") as Parameters<typeof forgeVkTemplate>[1] & {
    spec: Parameters<typeof forgeVkTemplate>[1];
  };
  const parts = {
    homeClusterId: "milan",
    liqoNamespace: "liqo",
    localPodCidr: "10.244.0.0/16",
    runtimeClass: "liqo",
    storageClass: "liqo",
  };
  const { spec } = forgeVkTemplate(
    { metadata: { name: "liqo-rome", namespace: "liqo-tenant-rome" } },
    options.spec,
    parts,
  );
  assert.ok(spec?.template.spec);
  return { name: "VirtualNode", pod: spec.template.spec as PodSpec };
}
