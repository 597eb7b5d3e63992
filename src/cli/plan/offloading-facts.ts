/** What ./offloading.ts has to know, of this cluster and of the providers. Reads only. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
} from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import {
  configMaps,
  endpointSlices,
  ingresses,
  namespaces,
  networkPolicies,
  persistentVolumes,
  pods,
  roleBindings,
  secrets,
  services,
} from "#machinery/builtin.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import { isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { clusterIdOf } from "../cluster.ts";
import { OFFLOADING_NAME } from "../namespaces.ts";
import { claimsLost } from "../peering/offloading/lost-claims.ts";
import { type Access, askProvider } from "../why/provider.ts";
import { isHidden, look, visible } from "../why/seen.ts";
import { lostClaimOf } from "./model.ts";
import { kindsOf, objectsIn } from "./objects.ts";
import { mappingsOf, type OffloadingFacts, twinKey } from "./offloading.ts";
import type { Twin } from "./twin.ts";

/** What a peering that is planned brings: as if it were there. */
export interface Coming {
  readonly map: NamespaceMap;
  readonly node: VirtualNode;
}

/** `wanted`: the NamespaceOffloading there is to be: which providers are asked follows from it. */
export async function offloadingFacts(
  ctx: Context,
  access: Access,
  name: string,
  wanted: NamespaceOffloading | undefined,
  coming?: Coming,
): Promise<OffloadingFacts> {
  const { client } = access.home;
  const scope = { namespace: name };
  const [home, namespace, offloading, allMaps, nodes, peers, bindings, found, volumes, objects] = await Promise.all([
    clusterIdOf(ctx, access.home),
    client.get(ctx, namespaces, { name }),
    client.find(ctx, namespaceOffloadings, { namespace: name, name: OFFLOADING_NAME }),
    client.list(ctx, namespaceMaps),
    client.list(ctx, virtualNodes),
    client.list(ctx, foreignClusters),
    client.list(ctx, roleBindings, scope),
    client.list(ctx, pods, scope),
    client.list(ctx, persistentVolumes),
    reflectable(ctx, client, name),
  ]);
  const maps = withComing(
    allMaps.items.filter((map) => isOwnNamespaceMap(map, map.metadata?.name)),
    coming?.map,
  );
  const known = { home, namespace, maps, nodes: withComing(nodes.items, coming?.node) };
  return {
    ...known,
    offloading,
    peers: peers.items,
    bindings: bindings.items,
    pods: found.items,
    objects,
    twins: new Map(await askTwins(ctx, access, known, wanted)),
    remoteClaims: claimsLost(volumes.items, maps, { namespaces: [name] }).map(lostClaimOf),
  };
}

function withComing<T extends KubeObject>(present: readonly T[], coming: T | undefined): readonly T[] {
  const isThere = present.some(({ metadata }) => metadata?.name === coming?.metadata?.name);
  return coming === undefined || isThere ? present : [...present, coming];
}

const REFLECTABLE: readonly Resource<KubeObject>[] = [configMaps, services, endpointSlices, ingresses, networkPolicies];

/** Of Secrets, no tokens: they stay at home. */
async function reflectable(ctx: Context, client: KubeClient, namespace: string): Promise<KubeObject[]> {
  const options = { namespace, metadataOnly: true };
  const listed = [
    ...REFLECTABLE.map((resource) => ({ resource, fieldSelector: undefined })),
    { resource: secrets as Resource<KubeObject>, fieldSelector: "type!=kubernetes.io/service-account-token" },
  ].map(async ({ resource, fieldSelector }) => {
    const { items } = await client.list(ctx, resource, {
      ...options,
      ...(fieldSelector !== undefined && { fieldSelector }),
    });
    return items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind }));
  });
  return (await Promise.all(listed)).flat();
}

async function askTwins(
  ctx: Context,
  access: Access,
  known: Pick<OffloadingFacts, "home" | "namespace" | "nodes" | "maps">,
  wanted: NamespaceOffloading | undefined,
): Promise<(readonly [string, Twin])[]> {
  const asked = mappingsOf(known, wanted).flatMap(({ map, before, after }) =>
    [...new Set([before, after])].flatMap((remote) => (remote === undefined ? [] : [{ map, remote }])),
  );
  return Promise.all(
    asked.map(async ({ map, remote }) => {
      const provider = map.metadata?.name ?? "";
      const node = known.nodes.find(({ spec }) => spec?.clusterID === provider);
      return [
        twinKey(provider, remote),
        await askTwin(ctx, access, { map, remote, secret: node?.spec?.kubeconfigSecretRef?.name }),
      ] as const;
    }),
  );
}

interface TwinQuestion {
  readonly map: NamespaceMap;
  readonly remote: string;
  /** With the kubeconfig of the virtual kubelet, which alone sees into twins. */
  readonly secret: string | undefined;
}

async function askTwin(ctx: Context, access: Access, { map, remote, secret }: TwinQuestion): Promise<Twin> {
  const { name: provider = "", namespace = "" } = map.metadata ?? {};
  const inside = await askProvider(
    ctx,
    access,
    { id: provider, secret: keyIn(namespace, secret) },
    async (limited, client) => {
      const found = await objectsIn(limited, client, await kindsOf(limited, client), [remote]);
      const twin = visible(await look(client.find(limited, namespaces, { name: remote })));
      return {
        ...found,
        objects: [...found.objects, ...(twin === undefined ? [] : [{ ...twin, kind: namespaces.kind }])],
      };
    },
  );
  const peer = await access.home.client.find(ctx, foreignClusters, { name: provider });
  const tenantNamespace = peer?.status?.tenantNamespace?.remote;
  if (isHidden(inside)) return { provider, tenantNamespace, objects: [], unlisted: [], silence: inside.hidden };
  return { provider, tenantNamespace, ...inside };
}

function keyIn(namespace: string, name: string | undefined): ObjectKey | undefined {
  return name === undefined ? undefined : { namespace, name };
}
