/** Facts of a peering where all is well, for tests of the chains that go through it. */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { PeerFacts } from "../peer-facts.ts";
import { condition, MADE, nodeOf, readyPod } from "./facts.ts";

export const HIDDEN = { hidden: "it is forbidden" };

const metadata = (name: string, more: object = {}) => ({ name, namespace: "liqo-tenant-rome", ...more });

function runs(name: string, own: Record<string, string>): Pod {
  return { metadata: metadata(name, { labels: own }), spec: { containers: [], nodeName: "worker" }, status: readyPod };
}

const accepted = (type: "Authentication" | "Resources") => ({ type, status: "Accepted" as const });
export const slice = {
  metadata: metadata("rome", { uid: "s", annotations: { "liqo.io/create-virtual-node": "true" } }),
  spec: { class: "default" },
  status: { conditions: [accepted("Authentication"), accepted("Resources")], resources: { cpu: "4" } },
};
export const identity = {
  metadata: metadata("controlplane-rome"),
  spec: { type: "ControlPlane" as const, namespace: "liqo-tenant-milan" },
  status: { kubeconfigSecretRef: { name: "kubeconfig-controlplane-rome" } },
};
export const configuration = {
  metadata: metadata("rome"),
  spec: { remote: { cidr: { pod: ["10.244.0.0/16"] } } },
  status: {
    conditions: [condition("NetworkCIDRsConfigured", "True")] as never,
    remote: { cidr: { pod: ["10.245.0.0/16"], external: ["10.71.0.0/16"] } },
  },
};
export const client = {
  metadata: metadata("rome"),
  spec: { clientTemplateRef: { kind: "WgGatewayClientTemplate", namespace: "liqo", name: "wireguard-client" } },
  status: { clientRef: { name: "rome" } },
};
export const connection = (value: string, annotations = {}) => ({
  metadata: metadata("gw-rome", { annotations }),
  spec: { type: "Client" as const, gatewayRef: {} },
  status: { value },
});
/** With a node of which that is told, so many seconds ago. */
export const measured = (full: "Passed" | "Lost", seconds: number) => {
  const at = new Date(Date.parse(MADE) - seconds * 1_000).toISOString();
  const path = { node: "worker", small: "Passed" as const, full, bytes: 1_380, interval: "10s", lastProbe: at };
  return { ...connection("Connected"), status: { value: "Connected", paths: [path] } };
};
export const virtual = {
  metadata: metadata("liqo-rome", { ownerReferences: [{ kind: "ResourceSlice", name: "rome", uid: "s" }] }),
  spec: { clusterID: "rome", createNode: true, kubeconfigSecretRef: { name: "kubeconfig-resourceslice-rome" } },
};
const secret = (name: string) => ({ metadata: metadata(name) });
export const quota = { metadata: metadata("rome-1"), spec: { user: "rome", resources: { cpu: "4" } } };
export const remote = { slices: [slice], maps: [], tenants: [], quotas: [quota] };

export function peering(more: Partial<PeerFacts> = {}): PeerFacts {
  const established = { type: "APIServerStatus", status: "Established" } as const;
  const none = { enabled: false };
  const modules = { networking: none, authentication: none, offloading: none };
  return {
    ...{ id: "rome", nowMs: Date.parse(MADE) },
    peer: { metadata: { name: "rome" }, status: { role: "Provider", conditions: [established], modules } },
    tenantNamespaces: [{ metadata: { name: "liqo-tenant-rome" } }],
    tenants: [],
    identities: [identity],
    secrets: [secret("kubeconfig-controlplane-rome"), secret("kubeconfig-resourceslice-rome")],
    slices: [slice],
    configurations: [configuration],
    networks: [],
    servers: [],
    clients: [client],
    publicKeys: [{ metadata: metadata("rome") }],
    gatewayPods: [runs("gw-rome", { [labels.GATEWAY_NAME]: "rome" })],
    connections: [connection("Connected")],
    fabrics: [
      { metadata: metadata("rome"), spec: { gatewayIP: "10.244.0.3", remoteCIDRs: ["10.245.0.0/16"] } as never },
    ],
    ...{ firewalls: [], routes: [] },
    virtualNodes: [virtual],
    kubelets: [runs("vk", { [labels.VIRTUAL_NODE]: "liqo-rome" })],
    nodes: [nodeOf()],
    ...{ leases: [], maps: [] },
    remote,
    ...more,
  };
}
