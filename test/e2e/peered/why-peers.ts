/** Peerings that do not do what they are for. But for rome, the peers are none: what is here of each is real, and broken. */
import { base64 } from "#forge/authentication.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { elsewhere, namespace, object, type Situation } from "./why-situation.ts";

const tenantOf = (id: string): string => `liqo-tenant-${id}`;

export function tenantNamespace(id: string): KubeObject {
  return namespace(tenantOf(id), {
    labels: { "liqo.io/remote-cluster-id": id, "liqo.io/tenant-namespace": "true" },
  });
}

export function ofPeer(id: string, apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  const { metadata, ...body } = rest as { metadata?: { labels?: object } };
  const labels = { "liqo.io/remote-cluster-id": id, ...metadata?.labels };
  return elsewhere(tenantOf(id), object(apiVersion, kind, name, { ...body, metadata: { ...metadata, labels } }));
}

const NETWORKING = "networking.liqo.io/v1beta1";
const AUTHENTICATION = "authentication.liqo.io/v1beta1";
const OFFLOADING = "offloading.liqo.io/v1beta1";

function configuration(id: string, pod: string) {
  return ofPeer(id, NETWORKING, "Configuration", id, {
    spec: { remote: { cidr: { pod: [pod], external: ["10.70.0.0/16"] } } },
  });
}

function client(id: string, template = "wireguard-client") {
  return ofPeer(id, NETWORKING, "GatewayClient", id, {
    spec: {
      clientTemplateRef: { apiVersion: NETWORKING, kind: "WgGatewayClientTemplate", name: template, namespace: "liqo" },
      endpoint: { addresses: ["192.0.2.1"], port: 51_840, protocol: "UDP" },
      mtu: 1340,
    },
  });
}

/** Of nobody: only its length counts. */
function publicKey(id: string) {
  return ofPeer(id, NETWORKING, "PublicKey", id, {
    metadata: { labels: { "networking.liqo.io/gateway-resource": "true", "networking.liqo.io/gateway-name": id } },
    spec: { publicKey: base64("\u0001".repeat(32)) },
  });
}

function slice(id: string, name: string, rest: object = {}) {
  return ofPeer(id, AUTHENTICATION, "ResourceSlice", name, {
    metadata: {
      labels: { "liqo.io/replication": "true", "liqo.io/remoteID": id },
      annotations: { "liqo.io/create-virtual-node": "true" },
    },
    spec: { class: "default", providerClusterID: id, consumerClusterID: "milan", ...rest },
  });
}

export function virtualNode(id: string, name: string, spec: object = {}) {
  return ofPeer(id, OFFLOADING, "VirtualNode", name, { spec: { clusterID: id, createNode: true, ...spec } });
}

type Row = Omit<Situation, "ask"> & { readonly id: string };
const broken = (id: string, link: string, says: RegExp, home: readonly KubeObject[], hint?: RegExp): Row => ({
  ...{ id, state: "broken", link, says, home: [tenantNamespace(id), ...home] },
  ...(hint !== undefined && { hint }),
});

const ROWS: readonly Row[] = [
  broken(
    "ghost-no-gateway",
    "gateway",
    /neither a GatewayServer nor a GatewayClient/,
    [configuration("ghost-no-gateway", "10.100.0.0/16")],
    /liqoctl network connect/,
  ),
  broken("ghost-no-config", "Configuration", /there is none for ghost-no-config/, [
    client("ghost-no-config", "absent"),
  ]),
  broken("ghost-too-wide", "Configuration", /0\.0\.0\.0\/0 is too large/, [
    configuration("ghost-too-wide", "0.0.0.0/0"),
  ]),
  broken(
    "ghost-no-template",
    "gateway",
    /nothing is rendered of GatewayClient ghost-no-template: .*liqo\/absent may not exist/,
    [
      configuration("ghost-no-template", "10.101.0.0/16"),
      client("ghost-no-template", "absent"),
      publicKey("ghost-no-template"),
    ],
  ),
  broken("ghost-no-key", "key", /no PublicKey/, [
    configuration("ghost-no-key", "10.102.0.0/16"),
    client("ghost-no-key", "absent"),
  ]),
  broken(
    "ghost-silent",
    "tunnel",
    /Connection gw-ghost-silent with ghost-silent says/,
    [configuration("ghost-silent", "10.103.0.0/16"), client("ghost-silent"), publicKey("ghost-silent")],
    /UDP/,
  ),
  broken("ghost-unsigned", "Tenant", /not configured/, [
    ofPeer("ghost-unsigned", AUTHENTICATION, "Tenant", "ghost-unsigned", { spec: { clusterID: "ghost-unsigned" } }),
  ]),
  broken(
    "ghost-cordoned",
    "Tenant",
    /ghost-cordoned is cordoned here/,
    [
      ofPeer("ghost-cordoned", AUTHENTICATION, "Tenant", "ghost-cordoned", {
        spec: { clusterID: "ghost-cordoned", tenantCondition: "Cordoned" },
      }),
    ],
    /liqoctl uncordon tenant ghost-cordoned/,
  ),
  broken(
    "ghost-unknown",
    "Identity",
    /this cluster has none at ghost-unknown/,
    [slice("ghost-unknown", "asked")],
    /liqoctl authenticate/,
  ),
  broken("ghost-no-kubeconfig", "Identity", /has no kubeconfig/, [
    ofPeer("ghost-no-kubeconfig", AUTHENTICATION, "Identity", "controlplane-ghost-no-kubeconfig", {
      spec: { clusterID: "ghost-no-kubeconfig", type: "ControlPlane" },
    }),
  ]),
];

export const PEER_SITUATIONS: readonly Situation[] = [
  { ask: "foreigncluster/rome --remote-context rome", state: "ok", link: "node", says: /liqo-rome is ready/ },
  { ask: "fc milan --context rome", state: "ok", link: "offloading", says: /nothing is asked of milan/ },
  ...ROWS.map(({ id, ...rest }) => ({ ask: `fc/${id}`, ...rest })),
];
