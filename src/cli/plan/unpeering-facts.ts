/** What ./unpeering.ts has to know of one cluster. Reads only. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { clusterRoleBindings, namespaces, nodes, persistentVolumes, pods, roleBindings } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { unlessForbidden } from "../checks/rights.ts";
import { claimsLost } from "../peering/offloading/lost-claims.ts";
import { ofPeer, type Side } from "../peering/side.ts";
import { lostClaimOf } from "./model.ts";
import { kindsOf, objectsIn } from "./objects.ts";
import { isTwinOf, type SideFacts } from "./unpeering.ts";

/** `id`: of the cluster of this side. */
export async function sideFacts(ctx: Context, side: Side, id: string): Promise<SideFacts> {
  const { cluster, peerId, namespace } = side;
  const { client } = cluster;
  const hidden = new Set<string>();
  const list = async <T extends KubeObject>(resource: Resource<T>, options: object = {}): Promise<T[]> => {
    const found = await unlessForbidden(client.list(ctx, resource, options));
    if (found === undefined) hidden.add(resource.plural);
    return found?.items ?? [];
  };
  const kinds = await kindsOf(ctx, client);
  const [spaces, ...others] = await Promise.all([
    list(namespaces),
    list(foreignClusters),
    list(clusterRoleBindings),
    list(nodes, { labelSelector: ofPeer(peerId) }),
    list(roleBindings, { labelSelector: labels.VIRTUAL_NODE }),
  ]);
  const twins = spaces.filter((each) => isTwinOf({ ...each, kind: namespaces.kind }, { namespace }));
  const twinNames = twins.map(({ metadata }) => metadata?.name ?? "");
  const [inside, virtual, volumes, maps, hosted] = await Promise.all([
    objectsIn(ctx, client, kinds, [namespace, ...twinNames]),
    list(virtualNodes, { namespace, labelSelector: ofPeer(peerId) }),
    list(persistentVolumes),
    list(namespaceMaps, { namespace }),
    Promise.all(twinNames.map((twin) => list(pods, { namespace: twin }))),
  ]);
  const away = await Promise.all(
    virtual.map(({ metadata }) => list(pods, { fieldSelector: `spec.nodeName=${metadata?.name}` })),
  );
  return {
    ...{ id, peerId, namespace },
    objects: [...spaces, ...others.flat(), ...inside.objects],
    podsAway: away.flat(),
    podsHosted: hosted.flat(),
    remoteClaims: claimsLost(volumes, maps, { provider: peerId }).map(lostClaimOf),
    unlisted: [...new Set([...hidden, ...inside.unlisted])].sort(),
  };
}
