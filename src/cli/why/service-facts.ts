/** What ./service.ts has to know, of both clusters. */
import type { Service } from "kubernetes-types/core/v1";
import { namespaceMaps, namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { coreEvents, endpointSlices, pods, services } from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { answered, findClusterId } from "../cluster.ts";
import { CliError } from "../errors.ts";
import { askPeer, lister } from "./peer-facts.ts";
import { identityOf } from "./pod-facts.ts";
import { type Access, askProvider } from "./provider.ts";
import { isHidden, look, type Seen, visible } from "./seen.ts";
import { externalTarget, hasSelector, type ServiceFacts, type ServiceProvider, type ServiceRemote } from "./service.ts";

type ServiceKey = ObjectKey & { readonly namespace: string };

/** Throws a CliError when there is no such Service. */
export async function askForService(ctx: Context, access: Access, key: ServiceKey): Promise<ServiceFacts> {
  const { client } = access.home;
  const service = await answered(ctx, access.home, (limited) => client.find(limited, services, key));
  if (service === undefined)
    throw new CliError(`service ${formatKey(key)} does not exist`, {
      hint: `kubectl get services -n ${key.namespace}`,
    });
  return answered(ctx, access.home, (limited) => askAbout(limited, access, key, service));
}

async function askAbout(ctx: Context, access: Access, key: ServiceKey, service: Service): Promise<ServiceFacts> {
  const { home } = access;
  const { namespace } = key;
  const of = lister(ctx, home.client);
  const target = externalTarget(service);
  const [clusterId, slices, events, selected, leadsTo, offloading, providers] = await Promise.all([
    look(findClusterId(ctx, home)),
    of(endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${key.name}` }),
    of(coreEvents, { namespace }),
    hasSelector(service) ? of(pods, { namespace, labelSelector: selectorOf(service) }) : Promise.resolve([]),
    target === undefined ? Promise.resolve(undefined) : look(home.client.find(ctx, services, target)),
    look(home.client.find(ctx, namespaceOffloadings, { namespace, name: OFFLOADING_NAME })),
    askProviders(ctx, access, key),
  ]);
  const names = new Set([key.name, ...(visible(slices) ?? []).map(({ metadata }) => metadata?.name)]);
  const isAbout = (name = "", kind = ""): boolean => names.has(name) && ["Service", "EndpointSlice"].includes(kind);
  return {
    ...{ service, slices, pods: selected, target: leadsTo, offloading, providers },
    clusterId: visible(clusterId),
    events: isHidden(events) ? events : events.filter(({ involvedObject: { name, kind } }) => isAbout(name, kind)),
  };
}

function selectorOf({ spec }: Service): string {
  return Object.entries(spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Those that have a twin of the namespace. */
async function askProviders(ctx: Context, access: Access, key: ServiceKey): Promise<Seen<readonly ServiceProvider[]>> {
  const of = lister(ctx, access.home.client);
  const [maps, nodes] = await Promise.all([of(namespaceMaps), of(virtualNodes)]);
  if (isHidden(maps)) return maps;
  const twins = maps.flatMap((map) => {
    const id = map.metadata?.name ?? "";
    const twin = isOwnNamespaceMap(map, id) ? acceptedMappings(map).get(key.namespace) : undefined;
    return twin === undefined ? [] : [{ id, twin }];
  });
  return Promise.all(
    twins.map(async ({ id, twin }) => {
      const own = visible(nodes)?.find(({ spec }) => spec?.clusterID === id);
      const asked = { id, secret: identityOf(own) };
      const [peer, remote] = await Promise.all([
        askPeer(ctx, access, id),
        askProvider(ctx, access, asked, (limited, client) => askThere(limited, client, { ...key, namespace: twin })),
      ]);
      return { id, twin, policy: policyOf(own), peer, remote };
    }),
  );
}

/** As the virtual kubelet is told by its flags. */
function policyOf(own: VirtualNode | undefined): ServiceProvider["policy"] {
  const args = (own?.spec?.template?.spec?.template?.spec?.containers ?? []).flatMap((each) => each.args ?? []);
  const typeOf = (reflector: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${reflector}-reflection-type=`))?.split("=")[1];
  const service = typeOf("service") ?? "DenyList";
  return { service, endpointslice: typeOf("endpointslice") ?? service };
}

async function askThere(ctx: Context, client: KubeClient, key: ServiceKey): Promise<ServiceRemote> {
  const of = lister(ctx, client);
  const { namespace } = key;
  const [service, shadows, slices, events] = await Promise.all([
    look(client.find(ctx, services, key)),
    of(shadowEndpointSlices, { namespace }),
    of(endpointSlices, { namespace }),
    of(coreEvents, { namespace }),
  ]);
  return { service, shadows, slices, events };
}
