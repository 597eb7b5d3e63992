/**
 * Keeps one ForeignCluster per peer: created when anything of the peer appears, its status rebuilt at each change.
 * Upstream: pkg/liqo-controller-manager/core/foreigncluster-controller, foreigncluster-creator
 */

import { type Identity, identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { API_SERVER_CHECKER as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import {
  type Controller,
  DONE,
  type Result,
  type Watch,
  watchFor,
  watchManual,
  watchMapped,
} from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { deployments, nodes, pods, secrets } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { CONTROL_PLANE_SELECTOR, controlPlaneSecretProblem } from "#trust/control-plane-secret.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { ApiServerPings } from "./ping.ts";
import { foreignClusterStatus, type PeerObjects } from "./status.ts";

export function foreignClusterController(deps: Deps): Controller {
  const informer = deps.informers.for(foreignClusters);
  const sources = peerSources(deps);
  const manual = watchManual();
  const pings = new ApiServerPings(deps.settings, (peer) => manual.trigger({ name: peer }));
  const secretInformer = deps.informers.for(secrets, { labelSelector: CONTROL_PLANE_SELECTOR });
  return {
    name: "foreigncluster",
    watches: [manual, watchFor(informer), ofPeer(secretInformer), ...sources.watches],
    reconcile: async (ctx, key): Promise<Result> => {
      const peer = key.name;
      const seen = sources.observe(peer);
      const found = informer.store.get(key);
      if (found === undefined) {
        if (hasAnything(seen)) await create(ctx, deps, peer);
        return DONE;
      }
      if (found.metadata?.deletionTimestamp !== undefined) {
        pings.stop(peer);
        await removeFinalizer(ctx, deps.client, foreignClusters, found, FINALIZER);
        return DONE;
      }
      const cluster = await followPings(ctx, deps, found, seen.identity);
      const status = foreignClusterStatus(cluster, { ...seen, apiServer: pings.state(peer) }, deps.nowMs());
      if (!jsonEquals(status, cluster.status))
        await deps.client.updateStatus(ctx, foreignClusters, { ...cluster, status });
      return DONE;
    },
  };

  /** Pings run while there is an identity to ping with; the finalizer says so. */
  async function followPings(
    ctx: Context,
    d: Deps,
    cluster: ForeignCluster,
    identity: Identity | undefined,
  ): Promise<ForeignCluster> {
    const peer = cluster.metadata?.name ?? "";
    const name = identity?.status?.kubeconfigSecretRef?.name;
    const secret =
      name === undefined
        ? undefined
        : secretInformer.store.get({ namespace: identity?.metadata?.namespace ?? "", name });
    // The Identity lies in the peer's tenant namespace: only such are observed.
    const place = { peer, identity, wasBelieved: false };
    const isBelieved = secret !== undefined && controlPlaneSecretProblem(secret, place) === undefined;
    const kubeconfig = isBelieved ? secret.data?.["kubeconfig"] : undefined;
    if (kubeconfig !== undefined) {
      const tenantNamespace = identity?.spec?.namespace ?? "";
      pings.start(ctx, peer, { kubeconfig: Buffer.from(kubeconfig, "base64").toString("utf8"), tenantNamespace });
      return ensureFinalizer(ctx, d.client, foreignClusters, cluster, FINALIZER);
    }
    pings.stop(peer);
    await removeFinalizer(ctx, d.client, foreignClusters, cluster, FINALIZER);
    return cluster;
  }
}

function ofPeer<T extends KubeObject>(informer: Informer<T>): Watch {
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
    deployments: informers.for(deployments, { labelSelector: `${labels.NETWORKING_COMPONENT}=gateway` }),
    pods: informers.for(pods, { labelSelector: labels.VIRTUAL_NODE }),
    nodes: informers.for(nodes),
  };
}

function peerSources(deps: Deps): { watches: Watch[]; observe: (peer: string) => Omit<PeerObjects, "apiServer"> } {
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

function hasAnything(seen: Omit<PeerObjects, "apiServer">): boolean {
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

async function create(ctx: Context, deps: Deps, peer: string): Promise<void> {
  try {
    await deps.client.create(ctx, foreignClusters, {
      metadata: { name: peer, labels: { [labels.REMOTE_CLUSTER_ID]: peer } },
      spec: { clusterID: peer },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
