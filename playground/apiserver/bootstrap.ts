/**
 * The objects every cluster has from its first second: system namespaces, the Services `kubernetes` and `kube-dns`,
 * priority classes, and the rights of the engine's own controllers. Ensured at each start.
 * Kubernetes: pkg/controlplane/controller/{systemnamespaces,kubernetesservice}, pkg/registry/scheduling/rest
 */
import { mustParseCidr, nthAddress } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  endpointSlices,
  endpoints,
  namespaces,
  priorityClasses,
  services,
  storageClasses,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { ApiServices } from "./connector.ts";

export interface BootstrapOptions {
  readonly address: string;
  readonly port: number;
  readonly serviceCidr: string;
}

const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];
const CONTROLLERS = "system:playground-controllers";
const DNS = "system:playground-dns";
const POLICIES = "system:playground-network-policies";

/** Before anything else: what is namespaced needs its namespace. */
export async function ensureSystemNamespaces(ctx: Context, api: ApiServices): Promise<void> {
  for (const name of SYSTEM_NAMESPACES) await ensure(ctx, api, namespaces, "", { metadata: { name } });
}

export async function ensureSystemObjects(ctx: Context, api: ApiServices, options: BootstrapOptions): Promise<void> {
  await ensureControllerRights(ctx, api);
  await ensureDnsRights(ctx, api);
  await ensurePolicyRights(ctx, api);
  for (const [name, value] of [
    ["system-cluster-critical", 2_000_000_000],
    ["system-node-critical", 2_000_001_000],
  ] as const) {
    await ensure(ctx, api, priorityClasses, "", {
      metadata: { name },
      value,
      description: "Used for system critical pods.",
    });
  }
  await ensure(ctx, api, storageClasses, "", {
    metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "rancher.io/local-path",
    reclaimPolicy: "Delete",
    volumeBindingMode: "WaitForFirstConsumer",
  });
  const range = mustParseCidr(options.serviceCidr);
  const labels = { component: "apiserver", provider: "kubernetes" };
  const kubernetes = {
    clusterIP: nthAddress(range, 1),
    ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: options.port }],
  };
  await ensure(ctx, api, services, "default", { metadata: { name: "kubernetes", labels }, spec: kubernetes });
  await ensureEndpoints(ctx, api, options);
  const dnsPorts = [
    { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
    { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
  ];
  // No selector: each node answers the address itself.
  const dns = {
    metadata: {
      name: "kube-dns",
      labels: {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
      },
    },
    spec: { clusterIP: nthAddress(range, 10), ports: dnsPorts },
  };
  await ensure(ctx, api, services, "kube-system", dns);
}

async function ensureEndpoints(ctx: Context, api: ApiServices, { address, port }: BootstrapOptions): Promise<void> {
  const slice = {
    metadata: { name: "kubernetes", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
  const subsets = [{ addresses: [{ ip: address }], ports: slice.ports }];
  const labels = { "endpointslice.kubernetes.io/skip-mirror": "true" };
  await ensure(ctx, api, endpointSlices, "default", slice);
  await ensure(ctx, api, endpoints, "default", { metadata: { name: "kubernetes", labels }, subsets });
  // The address can differ after a restart in another lab.
  await api.writer.change(ctx, endpoints, "default", "kubernetes", "", (present) =>
    present.subsets?.[0]?.addresses?.[0]?.ip === address ? undefined : { ...present, subsets },
  );
  await api.writer.change(ctx, endpointSlices, "default", "kubernetes", "", (present) =>
    present.endpoints?.[0]?.addresses[0] === address ? undefined : { ...present, endpoints: slice.endpoints },
  );
}

/** The controllers run under one identity that may do what all of upstream's controllers may. */
async function ensureControllerRights(ctx: Context, api: ApiServices): Promise<void> {
  const rules = [
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    { nonResourceURLs: ["*"], verbs: ["get"] },
  ];
  await ensure(ctx, api, clusterRoles, "", { metadata: { name: CONTROLLERS }, rules });
  await ensure(ctx, api, clusterRoleBindings, "", {
    metadata: { name: CONTROLLERS },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: CONTROLLERS },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:kube-controller-manager" }],
  });
}

/** What CoreDNS' plugin for the clusterset asks its administrator for: the role that kubeadm gives it has no ServiceImports. */
async function ensureDnsRights(ctx: Context, api: ApiServices): Promise<void> {
  const rules = [
    { apiGroups: ["multicluster.x-k8s.io"], resources: ["serviceimports"], verbs: ["list", "watch"] },
    { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["list", "watch"] },
  ];
  await ensure(ctx, api, clusterRoles, "", { metadata: { name: DNS }, rules });
  await ensure(ctx, api, clusterRoleBindings, "", {
    metadata: { name: DNS },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: DNS },
    // The node agent, which answers for DNS too.
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:kube-proxy" }],
  });
}

/** What a CNI plugin asks for that enforces NetworkPolicies. */
async function ensurePolicyRights(ctx: Context, api: ApiServices): Promise<void> {
  const rules = [
    { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list", "watch"] },
    { apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["list", "watch"] },
  ];
  await ensure(ctx, api, clusterRoles, "", { metadata: { name: POLICIES }, rules });
  await ensure(ctx, api, clusterRoleBindings, "", {
    metadata: { name: POLICIES },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: POLICIES },
    // The node agent, which is the CNI plugin too.
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:kube-proxy" }],
  });
}

async function ensure<T extends KubeObject>(
  ctx: Context,
  api: ApiServices,
  resource: Resource<T>,
  namespace: string,
  object: T,
): Promise<void> {
  const name = object.metadata?.name ?? "";
  if (api.reader.get(resource, namespace, name) !== undefined) return;
  const metadata = { ...object.metadata, ...(namespace !== "" && { namespace }) };
  try {
    await api.writer.create(ctx, resource, namespace, { ...object, metadata });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
