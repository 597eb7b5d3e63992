/** What ./namespace.ts has to know. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { type NamespaceMap, namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { controlPlaneIdentityName, kubeconfigSecretName } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { coreEvents, namespaces, roleBindings } from "#machinery/builtin.ts";
import { isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { answered } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { NamespaceFacts, TwinFacts } from "./namespace.ts";
import { lister } from "./peer-facts.ts";
import { type Access, askProvider } from "./provider.ts";
import { look, type Seen, visible } from "./seen.ts";

/** Throws a CliError when there is no such namespace. */
export function askForNamespace(ctx: Context, access: Access, name: string): Promise<NamespaceFacts> {
  return answered(ctx, access.home, (limited) => askAbout(limited, access, name));
}

async function askAbout(ctx: Context, access: Access, name: string): Promise<NamespaceFacts> {
  const { client, liqoNamespace } = access.home;
  const of = lister(ctx, client);
  const [namespace, offloadings, maps, virtual, peers, bindings] = await Promise.all([
    client.find(ctx, namespaces, { name }),
    of(namespaceOffloadings, { namespace: name }),
    of(namespaceMaps),
    of(virtualNodes),
    of(foreignClusters),
    of(roleBindings, { namespace: name }),
  ]);
  if (namespace === undefined)
    throw new CliError(`namespace ${name} does not exist`, { hint: "kubectl get namespaces" });
  const asked = (visible(maps) ?? []).filter(
    (map) => map.spec?.desiredMapping?.[name] !== undefined && isOwnNamespaceMap(map, map.metadata?.name),
  );
  const remotes = await Promise.all(
    asked.map(async (map) => [map.metadata?.name ?? "", await askTwin(ctx, access, map, name)] as const),
  );
  return {
    ...{ namespace, liqoNamespace, offloadings, maps, virtualNodes: virtual, peers, bindings },
    remotes: Object.fromEntries(remotes),
  };
}

async function askTwin(ctx: Context, access: Access, map: NamespaceMap, name: string): Promise<Seen<TwinFacts>> {
  const { name: id = "", namespace } = map.metadata ?? {};
  const secret = {
    ...(namespace !== undefined && { namespace }),
    name: kubeconfigSecretName(controlPlaneIdentityName(id)),
  };
  const twin = map.spec?.desiredMapping?.[name] ?? "";
  return askProvider(ctx, access, { id, secret }, (limited, client) => askThere(limited, client, twin));
}

async function askThere(ctx: Context, client: KubeClient, name: string): Promise<TwinFacts> {
  const of = lister(ctx, client);
  const [twin, events] = await Promise.all([
    look(client.find(ctx, namespaces, { name })),
    of(coreEvents, { fieldSelector: "involvedObject.kind=NamespaceMap" }),
  ]);
  return { twin, events };
}
