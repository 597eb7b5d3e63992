/** What tells of a peer: all that lies in its tenant namespace, and its Nodes. Upstream: pkg/liqo-controller-manager/core/foreigncluster-controller */
import { identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { GATEWAY_SELECTOR, gatewayObjectName } from "#forge/networking/names.ts";
import { type Watch, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { deployments, nodes, pods } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import type { PeerObjects } from "./status.ts";

export type PeerSeen = Omit<PeerObjects, "apiServer">;

/** The peers that changed objects are labelled for. */
export function ofPeer<T extends KubeObject>(informer: Informer<T>): Watch {
  return watchMapped(informer, ({ metadata }) => {
    const peer = metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
    return peer === undefined ? [] : [{ name: peer }];
  });
}

function peerInformers(informers: Informers) {
  return {
    tenants: informers.for(tenants),
    identities: informers.for(identities),
    configurations: informers.for(configurations),
    connections: informers.for(connections),
    servers: informers.for(gatewayServers),
    clients: informers.for(gatewayClients),
    virtualNodes: informers.for(virtualNodes),
    deployments: informers.for(deployments, { labelSelector: GATEWAY_SELECTOR }),
    pods: informers.for(pods, { labelSelector: labels.VIRTUAL_NODE }),
    nodes: informers.for(nodes),
  };
}

export function peerSources(deps: Deps): { watches: Watch[]; observe: (peer: string) => PeerSeen } {
  const tenantNamespaces = new TenantNamespaces(deps.informers);
  const all = peerInformers(deps.informers);
  const gateways = (): KubeObject[] => [...all.servers.store.list(), ...all.clients.store.list()];
  // What is labelled for a peer and lies elsewhere may be anybody's.
  const isOf =
    (peer: string) =>
    (object: KubeObject): boolean =>
      isLabelled(object, peer) && tenantNamespaces.peerOf(object.metadata?.namespace) === peer;
  return {
    watches: [
      ofPeer(all.tenants),
      ofPeer(all.identities),
      ofPeer(all.configurations),
      ofPeer(all.connections),
      ofPeer(all.servers),
      ofPeer(all.clients),
      ofPeer(all.virtualNodes),
      watchMapped(all.deployments, (deployment) =>
        gateways()
          .filter((gateway) => isRunBy(gateway, deployment))
          .map(({ metadata }) => ({ name: metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "" })),
      ),
      ofPeer(all.pods),
      ofPeer(all.nodes),
      tenantNamespaces.watch((namespace) => {
        const peer = tenantNamespaces.peerOf(namespace);
        return peer === undefined ? [] : [{ name: peer }];
      }),
    ],
    observe: (peer) => ({
      tenant: all.tenants.store.list().find(isOf(peer)),
      identity: all.identities.store
        .list()
        .find((identity) => isOf(peer)(identity) && identity.spec?.type === "ControlPlane"),
      configuration: all.configurations.store.list().find(isOf(peer)),
      connection: all.connections.store.list().find(isOf(peer)),
      gatewayServer: all.servers.store.list().find(isOf(peer)),
      gatewayClient: all.clients.store.list().find(isOf(peer)),
      gatewayDeployments: all.deployments.store
        .list()
        .filter((deployment) => gateways().some((gateway) => isOf(peer)(gateway) && isRunBy(gateway, deployment))),
      virtualNodes: all.virtualNodes.store.list().filter(isOf(peer)),
      virtualKubeletPods: all.pods.store.list().filter(isOf(peer)),
      nodes: all.nodes.store.list().filter((node) => isLabelled(node, peer) && isVirtualNode(node)),
    }),
  };
}

function isLabelled({ metadata }: KubeObject, peer: string): boolean {
  return metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === peer;
}

/** The Deployment does not name the peer. */
function isRunBy({ metadata: gateway }: KubeObject, { metadata: deployment }: KubeObject): boolean {
  return deployment?.namespace === gateway?.namespace && deployment?.name === gatewayObjectName(gateway?.name ?? "");
}

/** Whether there is any reason for a ForeignCluster. */
export function hasAnything(seen: PeerSeen): boolean {
  const single = [
    seen.tenant,
    seen.identity,
    seen.configuration,
    seen.connection,
    seen.gatewayServer,
    seen.gatewayClient,
  ];
  return single.some((object) => object !== undefined) || seen.virtualNodes.length > 0 || seen.nodes.length > 0;
}
