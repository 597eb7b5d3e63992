/** What ./moving.ts has to know, of this cluster and of a provider that has the data, or is to have it. Reads only. */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { DEFAULT_STORAGE_NAMESPACE } from "#api/offloading/storage-class.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { clusterIdOf } from "../cluster.ts";
import { providerOfNode, providerOfVolume, type Seen } from "../commands/move/seen.ts";
import { identityOf } from "../why/pod-facts.ts";
import { type Access, askProvider } from "../why/provider.ts";
import { isHidden, look, visible } from "../why/seen.ts";
import type { End, MovingFacts, OldVolume } from "./moving.ts";

type Key = MovingFacts["key"];

export async function movingFacts(
  ctx: Context,
  access: Access,
  { key, seen, next }: { readonly key: Key; readonly seen: Seen; readonly next: MovingFacts["next"] },
): Promise<MovingFacts> {
  const home = await clusterIdOf(ctx, access.home);
  const { claim, volume, node, secret } = seen;
  const end = (provider: string | undefined) => endAt(ctx, access, { home, provider, namespace: key.namespace });
  const isThere = claim !== undefined && (next === "copy" || next === "recreate");
  return {
    ...{ home, next, key },
    targetNode: node.metadata?.name ?? "",
    old: isThere
      ? await oldVolume(ctx, access, { home, claim, volume, end: await end(providerOf(volume)) })
      : undefined,
    target: await end(providerOfNode(node)),
    isBegun: secret !== undefined,
  };
}

function providerOf(volume: PersistentVolume | undefined): string | undefined {
  return volume === undefined ? undefined : providerOfVolume(volume);
}

/** `provider` undefined: home. */
async function endAt(
  ctx: Context,
  { home: { client } }: Access,
  {
    home,
    provider,
    namespace,
  }: { readonly home: string; readonly provider: string | undefined; readonly namespace: string },
): Promise<End> {
  if (provider === undefined) return { cluster: home, namespace: DEFAULT_STORAGE_NAMESPACE };
  const { items } = await client.list(ctx, namespaceMaps);
  const map = items.find((each) => isOwnNamespaceMap(each, provider));
  return { cluster: provider, namespace: (map && acceptedMappings(map).get(namespace)) ?? "" };
}

interface OldClaim {
  readonly home: string;
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume | undefined;
  readonly end: End;
}

async function oldVolume(ctx: Context, access: Access, { home, claim, volume, end }: OldClaim): Promise<OldVolume> {
  const { name = "", uid = "" } = claim.metadata ?? {};
  const realClaim = end.cluster === home ? uid : name;
  const key = { namespace: end.namespace, name: realClaim };
  const real =
    end.cluster === home ? await askReal(ctx, access.home.client, key) : await askAway(ctx, access, end.cluster, key);
  return { claim, volume, end, realClaim, realVolume: real?.name, realPolicy: real?.policy };
}

interface RealVolume {
  readonly name: string | undefined;
  readonly policy: string | undefined;
}

async function askAway(ctx: Context, access: Access, id: string, key: ObjectKey): Promise<RealVolume | undefined> {
  const { items } = await access.home.client.list(ctx, virtualNodes);
  const secret = identityOf(items.find(({ spec }) => spec?.clusterID === id));
  const real = await askProvider(ctx, access, { id, secret }, (limited, client) => askReal(limited, client, key));
  return isHidden(real) ? undefined : real;
}

/** Volumes are not shown to a peering's identity. */
async function askReal(ctx: Context, client: KubeClient, key: ObjectKey): Promise<RealVolume> {
  const name = (await client.find(ctx, persistentVolumeClaims, key))?.spec?.volumeName;
  const volume = name === undefined ? undefined : visible(await look(client.find(ctx, persistentVolumes, { name })));
  return { name, policy: volume?.spec?.persistentVolumeReclaimPolicy };
}
