/** Facts of two peered clusters where all is well, for tests of the checks. */
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { allKinds } from "#api/all.ts";
import { NETWORK_TYPE } from "#api/labels.ts";
import { VERSION } from "#base/version.ts";
import { readyPod } from "../../why/testing/facts.ts";
import { configuration, peering, virtual } from "../../why/testing/peer.ts";
import type { Pair } from "../categories/between.ts";
import type { InstalledFacts } from "../categories/liqo.ts";

const NOW = "2026-11-30T12:00:00Z";
const NOW_MS = Date.parse(NOW);

export const crds: readonly CustomResourceDefinition[] = allKinds.map(({ plural, group, version, crd }) => ({
  metadata: { name: `${plural}.${group}` },
  spec: {
    ...{ group, scope: "Namespaced", names: { plural, kind: "" } },
    versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: crd.schema } }],
  },
  status: {
    ...{ acceptedNames: { plural, kind: "" }, storedVersions: [version] },
    conditions: [{ type: "Established", status: "True" }],
  },
}));

export const network = (type: string, cidr: string, placed: string | undefined = cidr) => ({
  metadata: { name: type, namespace: "liqo", labels: { [NETWORK_TYPE]: type } },
  spec: { cidr },
  ...(placed !== undefined && { status: { cidr: placed } }),
});

export const networks = [
  network("pod-cidr", "10.244.0.0/16"),
  network("service-cidr", "10.96.0.0/16"),
  network("external-cidr", "10.70.0.0/16"),
  network("internal-cidr", "10.80.0.0/16"),
];

export const nodeWith = (
  name: string,
  address: string,
  more: { kernel?: string; ready?: string; cidr?: string } = {},
) => ({
  metadata: { name },
  spec: { podCIDRs: [more.cidr ?? "10.244.0.0/24"] },
  status: {
    addresses: [{ type: "InternalIP", address }],
    conditions: [{ type: "Ready", status: more.ready ?? "True" }],
    nodeInfo: { kernelVersion: more.kernel ?? "6.8.0-generic" } as never,
  },
});

const template = (image: string) => ({ metadata: {}, spec: { containers: [{ name: "main", image }] } });
export const deployment = (
  name: string,
  {
    version = VERSION,
    replicas = 1,
    available,
    annotations = {},
  }: { version?: string; replicas?: number; available?: number; annotations?: Record<string, string> } = {},
) => ({
  metadata: { name, namespace: "liqo", annotations },
  spec: { replicas, selector: {}, template: template(`ghcr.io/liqo-ts/liqo:${version}`) },
  status: { availableReplicas: available ?? replicas },
});
export const daemonSet = (ready = 1, version = VERSION) => ({
  metadata: { name: "liqo-fabric", namespace: "liqo" },
  spec: { selector: {}, template: template(`ghcr.io/liqo-ts/liqo:${version}`) },
  status: { desiredNumberScheduled: 1, numberReady: ready, currentNumberScheduled: 1, numberMisscheduled: 0 },
});

const hook = (name: string, failurePolicy = "Fail") => ({
  ...{ name, failurePolicy, clientConfig: {}, sideEffects: "None", admissionReviewVersions: ["v1"] },
});
export const webhooks = (kind: "mutating" | "validating", failurePolicy?: string, caBundle?: string) => ({
  metadata: { name: `liqo-${kind}-webhook` },
  webhooks: [
    {
      ...hook(`pod.${kind === "mutating" ? "mutate" : "validate"}.liqo.io`, failurePolicy),
      clientConfig: caBundle === undefined ? {} : { caBundle },
    },
  ],
});
export const endpointSlice = (ready = true) => ({
  metadata: { name: "liqo-webhook-1", labels: { "kubernetes.io/service-name": "liqo-webhook" } },
  ...{ addressType: "IPv4", endpoints: [{ addresses: ["10.244.0.2"], conditions: { ready } }] },
});

export const machine = { node: "worker", links: [], tables: ["liqo"], forwards: true } as const;
export const links = (mtu = 1500) => [
  { name: "eth0", mtu, kind: "veth" },
  { name: "liqo.x", mtu: 1340, kind: "vxlan" },
];

const running = (name: string) => ({
  metadata: { name, namespace: "liqo" },
  spec: { containers: [], nodeName: "worker" },
  status: readyPod,
});

export const path = {
  ...{ node: "worker", small: "Passed" as const, full: "Passed" as const, bytes: 1340 },
  ...{ interval: "10s", lastProbe: NOW },
};

export const tunnel = (value = "Connected", mtu = 1340) => ({
  metadata: { name: "gw-rome", namespace: "liqo-tenant-rome", annotations: {} },
  spec: { type: "Client" as const, gatewayRef: {} },
  status: { value, mtu: { value: mtu, origin: "Measured" as const, timestamp: NOW }, paths: [path] },
});

const CONFIGURATION = {
  ...configuration,
  spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
};
const VIRTUAL = {
  metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

export function cluster(name: string, other: string, caBundle: string): InstalledFacts {
  const peer = peering({
    id: other,
    nowMs: NOW_MS,
    connections: [tunnel()],
    configurations: [CONFIGURATION],
    nodes: [VIRTUAL],
    virtualNodes: [virtual],
  });
  return {
    ...{ name, id: name, server: `https://${name}`, liqoNamespace: "liqo", nowMs: NOW_MS },
    api: { version: "v1.35.0", aheadMs: 0 },
    rights: [],
    nodes: [nodeWith("worker", "192.168.1.10")],
    leases: [{ metadata: { name: "worker" }, spec: { renewTime: "2026-11-30T11:59:55.000000Z" } }],
    services: [{ metadata: { name: "kubernetes", namespace: "default" }, spec: { clusterIP: "10.96.0.1" } }],
    upstream: undefined,
    liqo: {
      crds,
      deployments: [deployment("liqo-controller-manager"), deployment("liqo-proxy")],
      daemonSets: [daemonSet()],
      pods: [running("liqo-controller-manager-1")],
      mutating: [webhooks("mutating", "Fail", caBundle)],
      validating: [webhooks("validating", "Fail", caBundle)],
      endpointSlices: [endpointSlice()],
      apiServers: [],
      networks,
      peers: [],
      certified: { identities: [], tenants: [], slices: [] },
      machines: [{ ...machine, links: links() }],
      peerings: [peer],
    },
  };
}

export function pair(caBundle: string): Pair {
  return { home: cluster("milan", "rome", caBundle), away: cluster("rome", "milan", caBundle) };
}
