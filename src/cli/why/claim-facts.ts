/** What ./claim.ts has to know, of both clusters. */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { DEFAULT_STORAGE_NAMESPACE } from "#api/offloading/storage-class.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import {
  coreEvents,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { answered } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { ClaimFacts, ClaimProvider, ClaimRemote } from "./claim.ts";
import { lister } from "./peer-facts.ts";
import { identityOf } from "./pod-facts.ts";
import { type Access, askProvider } from "./provider.ts";
import { isHidden, look, type Seen, visible } from "./seen.ts";

type ClaimKey = ObjectKey & { readonly namespace: string };

/** Throws a CliError when there is no such claim. */
export async function askForClaim(ctx: Context, access: Access, key: ClaimKey): Promise<ClaimFacts> {
  const { client } = access.home;
  const claim = await answered(ctx, access.home, (limited) => client.find(limited, persistentVolumeClaims, key));
  if (claim === undefined)
    throw new CliError(`persistentvolumeclaim ${formatKey(key)} does not exist`, {
      hint: `kubectl get pvc -n ${key.namespace}`,
    });
  return answered(ctx, access.home, (limited) => askAbout(limited, access, key, claim));
}

async function askAbout(
  ctx: Context,
  access: Access,
  key: ClaimKey,
  claim: PersistentVolumeClaim,
): Promise<ClaimFacts> {
  const { client } = access.home;
  const of = lister(ctx, client);
  const { namespace, name } = key;
  const selected = claim.metadata?.annotations?.[SELECTED_NODE];
  const [events, classes, volumes, all, node, real] = await Promise.all([
    of(coreEvents, {
      namespace,
      fieldSelector: `involvedObject.kind=PersistentVolumeClaim,involvedObject.name=${name}`,
    }),
    of(storageClasses),
    volumesFor(ctx, access, claim),
    of(pods, { namespace }),
    selected === undefined ? Promise.resolve(undefined) : look(client.find(ctx, nodes, { name: selected })),
    look(
      client.find(ctx, persistentVolumeClaims, {
        namespace: DEFAULT_STORAGE_NAMESPACE,
        name: claim.metadata?.uid ?? "",
      }),
    ),
  ]);
  const users = isHidden(all)
    ? all
    : all.filter(({ spec }) => spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === name));
  const provider = await askNode(ctx, access, key, visible(node));
  return { claim, events, classes, volumes, pods: users, node, provider, real };
}

/** All of them only where it is still to get one. */
async function volumesFor(
  ctx: Context,
  { home: { client } }: Access,
  { spec }: PersistentVolumeClaim,
): Promise<Seen<readonly PersistentVolume[]>> {
  const name = spec?.volumeName ?? "";
  if (name === "") return lister(ctx, client)(persistentVolumes);
  const found = await look(client.find(ctx, persistentVolumes, { name }));
  return isHidden(found) ? found : found === undefined ? [] : [found];
}

async function askNode(
  ctx: Context,
  access: Access,
  key: ClaimKey,
  node: Node | undefined,
): Promise<ClaimProvider | undefined> {
  if (node === undefined || !isVirtualNode(node)) return undefined;
  const id = node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const of = lister(ctx, access.home.client);
  const [maps, virtual] = await Promise.all([of(namespaceMaps), of(virtualNodes)]);
  const own = visible(virtual)?.find(({ metadata }) => metadata?.name === node.metadata?.name);
  const map = visible(maps)?.find((each) => isOwnNamespaceMap(each, id));
  const twin = map === undefined ? undefined : acceptedMappings(map).get(key.namespace);
  const classes = (own?.spec?.storageClasses ?? []).map(({ storageClassName }) => storageClassName);
  if (twin === undefined) return { id, twin, classes, remote: { hidden: "the namespace has no twin" } };
  const at = { namespace: twin, name: key.name };
  const fieldSelector = `involvedObject.kind=PersistentVolumeClaim,involvedObject.name=${key.name}`;
  const remote = await askProvider(
    ctx,
    access,
    { id, secret: identityOf(own) },
    async (limited, client): Promise<ClaimRemote> => {
      const [claim, events] = await Promise.all([
        look(client.find(limited, persistentVolumeClaims, at)),
        lister(limited, client)(coreEvents, { namespace: twin, fieldSelector }),
      ]);
      return { claim, events };
    },
  );
  return { id, twin, classes, remote };
}
