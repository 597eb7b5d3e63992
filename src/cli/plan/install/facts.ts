/** What ./installing.ts has to know of the cluster. Reads only. */

import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Service } from "kubernetes-types/core/v1";
import { tenants } from "#api/authentication/tenant.ts";
import { ips } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { type VkOptionsTemplate, virtualNodes, vkOptionsTemplates } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { isWellKnownIp } from "#forge/ip.ts";
import { API_SERVER_PROXY, CONTROLLER_MANAGER } from "#forge/names.ts";
import { API_SERVER_SLICES } from "#ipam/own-addresses.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions, endpointSlices, namespaces, nodes, pods, services } from "#machinery/builtin.ts";
import { parseApiVersion, type Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Cluster } from "../../cluster.ts";
import { flagsOfManager } from "../../commands/install/installed.ts";
import { CliError } from "../../errors.ts";
import { RELEASE } from "../../helm.ts";
import { titleOf } from "../model.ts";
import type { Kinds } from "../objects.ts";
import { uninstallFacts } from "../uninstalling-facts.ts";
import { crdChange } from "./crds.ts";
import type { FollowerFacts } from "./followers.ts";
import type { CrdFacts, InstallFacts } from "./installing.ts";
import type { FlagOf } from "./switches.ts";

/** What Helm and the chart say of it. Of objects without a namespace it may be Liqo's. */
export interface InstallQuestion
  extends Pick<InstallFacts, "id" | "wanted" | "before" | "hooks" | "records" | "remarks"> {
  readonly kinds: Kinds;
  readonly crds: readonly CustomResourceDefinition[];
}

/** Throws a CliError for an object that belongs to another release. */
export async function installFacts(ctx: Context, cluster: Cluster, question: InstallQuestion): Promise<InstallFacts> {
  const { client, liqoNamespace } = cluster;
  const { id, hooks, records, remarks } = question;
  const resourceOf = resourcesOf(question);
  const placed = (object: KubeObject): KubeObject =>
    resourceOf(object).namespaced ? { ...object, metadata: { namespace: liqoNamespace, ...object.metadata } } : object;
  const [rendered, before] = [question.wanted.map(placed), question.before.map(placed)];
  const live = await liveOf(ctx, client, { objects: [...rendered, ...before], resourceOf });
  const wanted = owned(rendered, before, live);
  const manager = wanted.find(({ kind, metadata }) => kind === "Deployment" && metadata?.name === CONTROLLER_MANAGER);
  const flagOf = flagsOfManager(manager as Deployment | undefined);
  const proxy = wanted.find(({ kind, metadata }) => kind === "Service" && metadata?.name === API_SERVER_PROXY);
  const [present, crds, machines, apiServer, slices, own, inCluster] = await Promise.all([
    uninstallFacts(ctx, cluster),
    crdFacts(ctx, client, question),
    client.list(ctx, nodes),
    client.find(ctx, services, { namespace: "default", name: "kubernetes" }),
    client.list(ctx, endpointSlices, API_SERVER_SLICES),
    listServed(ctx, client, ips, liqoNamespace),
    peerFacts(ctx, cluster),
  ]);
  const charts = wanted.filter(({ kind }) => kind === vkOptionsTemplates.kind) as VkOptionsTemplate[];
  return {
    ...{ id, liqoNamespace, wanted, hooks, before, live, records, crds, present, remarks },
    // Of options the first that are found count.
    followers: {
      ...inCluster,
      id,
      liqoNamespace,
      options: [...charts, ...inCluster.options],
      home: homeOf(id, liqoNamespace, flagOf),
    },
    switches: {
      ...inCluster,
      ...{ id, liqoNamespace, nodes: machines.items, objects: present.objects },
      before: flagsOfManager(manager && (live.get(titleOf(manager)) as Deployment | undefined)),
      after: flagOf,
      hasProxy: proxy !== undefined,
    },
    own: {
      ...{ id, liqoNamespace, flagOf, apiServer },
      nodes: machines.items,
      slices: slices.items,
      proxy: proxy === undefined ? undefined : ((live.get(titleOf(proxy)) ?? proxy) as Service),
      ips: own.filter(isWellKnownIp),
    },
  };
}

type ResourceOf = (object: KubeObject) => Resource<KubeObject>;

/** The cluster's kinds, and those that its CRDs will make. */
function resourcesOf({ kinds, crds }: InstallQuestion): ResourceOf {
  const all: Resource[] = [
    ...crds.map(({ spec: { group, scope, names } }) => ({
      ...{ group, version: "", plural: names.plural, kind: names.kind },
      namespaced: scope === "Namespaced",
    })),
    ...kinds.all,
  ];
  const byKind = new Map(all.map((resource) => [`${resource.group}/${resource.kind}`, resource]));
  return ({ apiVersion = "", kind = "", metadata }) => {
    const { group, version } = parseApiVersion(apiVersion);
    const found = byKind.get(`${group}/${kind}`);
    if (found === undefined)
      throw new CliError(
        `${kind} ${metadata?.name} of the chart: neither the cluster nor the chart knows ${apiVersion}`,
        {
          hint: "install what brings that kind first, or switch off the value that asks for it",
        },
      );
    const { plural, namespaced } = found;
    return { group, version, plural, kind, namespaced };
  };
}

async function liveOf(
  ctx: Context,
  client: KubeClient,
  { objects, resourceOf }: { readonly objects: readonly KubeObject[]; readonly resourceOf: ResourceOf },
): Promise<Map<string, KubeObject>> {
  const distinct = new Map(objects.map((object) => [titleOf(object), object]));
  const found = await Promise.all(
    [...distinct].map(async ([title, object]) => {
      const live = await client.find(ctx, resourceOf(object), keyOf(object));
      return live === undefined ? [] : [[title, live] as const];
    }),
  );
  return new Map(found.flat());
}

/** Without CRDs that somebody else has brought: the chart leaves those alone. Anything else of that kind Helm refuses. */
function owned(
  wanted: readonly KubeObject[],
  before: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
): KubeObject[] {
  const was = new Set(before.map(titleOf));
  return wanted.filter((object) => {
    const title = titleOf(object);
    const found = live.get(title);
    if (found === undefined || was.has(title)) return true;
    if (found.metadata?.annotations?.["meta.helm.sh/release-name"] === RELEASE) return true;
    if (object.kind === "CustomResourceDefinition") return false;
    throw new CliError(`${title} is there already, and not of the Helm release ${RELEASE}: it would be refused`, {
      hint: "delete it, or label and annotate it for Helm: https://helm.sh/docs/topics/advanced/",
    });
  });
}

async function crdFacts(ctx: Context, client: KubeClient, { crds: wanted }: InstallQuestion): Promise<CrdFacts> {
  const { items } = await client.list(ctx, customResourceDefinitions);
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  const live = items.filter(({ metadata }) => names.has(metadata?.name));
  const losing = wanted.flatMap((crd) => {
    const found = live.find(({ metadata }) => metadata?.name === crd.metadata?.name);
    return found === undefined || crdChange(found, crd).gone.length === 0 ? [] : [found];
  });
  const counts = losing.map(async ({ metadata, spec: { group, names: own, scope, versions } }) => {
    const version = versions.find(({ served }) => served)?.name ?? "";
    const resource = { group, version, plural: own.plural, kind: own.kind, namespaced: scope === "Namespaced" };
    const objects = await client.list(ctx, resource as Resource<KubeObject>, { metadataOnly: true });
    return [metadata?.name ?? "", objects.items.length] as const;
  });
  return { wanted, live, counts: new Map(await Promise.all(counts)) };
}

function homeOf(clusterId: string, liqoNamespace: string, flagOf: FlagOf): FollowerFacts["home"] {
  return {
    ...{ clusterId, liqoNamespace },
    podCidr: flagOf("pod-cidr") ?? "",
    runtimeClass: flagOf("liqo-runtime-class") ?? "",
    storageClass: flagOf("virtual-storage-class-name") ?? "",
  };
}

/** What there is of peers. */
async function peerFacts(ctx: Context, { client, liqoNamespace }: Cluster) {
  const [servers, clients, tunnels, configs, peers, virtual, options, own, spaces] = await Promise.all([
    listServed(ctx, client, gatewayServers),
    listServed(ctx, client, gatewayClients),
    listServed(ctx, client, connections),
    listServed(ctx, client, configurations),
    listServed(ctx, client, tenants),
    listServed(ctx, client, virtualNodes),
    listServed(ctx, client, vkOptionsTemplates),
    client.list(ctx, pods, { namespace: liqoNamespace }),
    client.list(ctx, namespaces, { labelSelector: `${labels.TENANT_NAMESPACE}=true` }),
  ]);
  const ofPeers = await Promise.all(
    spaces.items.map(({ metadata }) => client.list(ctx, pods, { namespace: metadata?.name ?? "" })),
  );
  return {
    ...{ servers, clients, connections: tunnels, configurations: configs, tenants: peers },
    ...{ virtualNodes: virtual, options },
    pods: [own, ...ofPeers].flatMap(({ items }) => items),
  };
}

/** None where the kind is not there yet. */
async function listServed<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  namespace?: string,
): Promise<T[]> {
  try {
    return (await client.list(ctx, resource, namespace === undefined ? {} : { namespace })).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
