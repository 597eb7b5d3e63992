/** What ./pod.ts has to know, of both clusters. The provider is asked as the peering's identity, unless a context is named. */
import type { Event, Node } from "kubernetes-types/core/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps, namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { shadowPods } from "#api/offloading/shadow.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { coreEvents, nodes, pods } from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { answered, type Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { PodFacts, Remote } from "./pod.ts";
import { type Access, askProvider } from "./provider.ts";
import { isHidden } from "./seen.ts";

type PodKey = ObjectKey & { readonly namespace: string };

/** Throws a CliError when there is no such pod. */
export async function askForPod(ctx: Context, access: Access, key: PodKey): Promise<PodFacts> {
  const cluster = access.home;
  const facts = await answered(ctx, cluster, (limited) => askHome(limited, cluster, key));
  const { node } = facts;
  if (node === undefined || !isVirtualNode(node)) return facts;
  const id = node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const way = await answered(ctx, cluster, (limited) => wayTo(limited, cluster, { id, key, node }));
  const provider = { id, peer: way.peer, twin: way.twin };
  if (way.twin === undefined) return { ...facts, provider: { ...provider, remote: "the namespace has no twin" } };
  const at = { namespace: way.twin, name: key.name };
  const ask = (limited: Context, client: KubeClient): Promise<Remote> => askRemote(limited, client, at);
  const there = await askProvider(ctx, access, { id, secret: identityOf(way.own) }, ask);
  return { ...facts, provider: { ...provider, remote: isHidden(there) ? there.hidden : there } };
}

async function askHome(ctx: Context, { client }: Cluster, key: PodKey): Promise<PodFacts> {
  const { namespace } = key;
  const [pod, offloading, events] = await Promise.all([
    client.find(ctx, pods, key),
    client.find(ctx, namespaceOffloadings, { namespace, name: OFFLOADING_NAME }),
    eventsOf(ctx, client, key),
  ]);
  if (pod === undefined)
    throw new CliError(`pod ${formatKey(key)} does not exist`, { hint: `kubectl get pods -n ${namespace}` });
  const name = pod.spec?.nodeName;
  const node = name === undefined ? undefined : await client.find(ctx, nodes, { name });
  return { pod, events, offloading, node };
}

interface Way {
  readonly peer: ForeignCluster | undefined;
  readonly twin: string | undefined;
  /** Of the node. */
  readonly own: VirtualNode | undefined;
}

async function wayTo(
  ctx: Context,
  { client }: Cluster,
  { id, key, node }: { readonly id: string; readonly key: PodKey; readonly node: Node },
): Promise<Way> {
  const [peers, maps, virtual] = await Promise.all([
    client.list(ctx, foreignClusters),
    client.list(ctx, namespaceMaps),
    client.list(ctx, virtualNodes),
  ]);
  const map = maps.items.find((each) => isOwnNamespaceMap(each, id));
  return {
    peer: peers.items.find(({ spec }) => spec?.clusterID === id),
    twin: map === undefined ? undefined : acceptedMappings(map).get(key.namespace),
    own: virtual.items.find(({ metadata }) => metadata?.name === node.metadata?.name),
  };
}

async function askRemote(ctx: Context, client: KubeClient, key: PodKey): Promise<Remote> {
  const [shadow, pod, events] = await Promise.all([
    client.find(ctx, shadowPods, key),
    client.find(ctx, pods, key),
    eventsOf(ctx, client, key),
  ]);
  return { shadow, pod, events };
}

/** Where the virtual kubelet of that node has its kubeconfig. */
export function identityOf(own: VirtualNode | undefined): ObjectKey | undefined {
  const { namespace } = own?.metadata ?? {};
  const { name = "" } = own?.spec?.kubeconfigSecretRef ?? {};
  return namespace === undefined || name === "" ? undefined : { namespace, name };
}

async function eventsOf(ctx: Context, client: KubeClient, { namespace, name }: ObjectKey): Promise<readonly Event[]> {
  const { items } = await client.list(ctx, coreEvents, {
    ...(namespace !== undefined && { namespace }),
    fieldSelector: `involvedObject.name=${name}`,
  });
  return items.filter(({ involvedObject: { kind } }) => kind === "Pod" || kind === "ShadowPod");
}
