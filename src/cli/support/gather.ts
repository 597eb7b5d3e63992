/** Takes from one cluster what helps to help: objects, logs, tables and metrics, as far as the caller may. Changes nothing. */
import type { Pod } from "kubernetes-types/core/v1";
import { allKinds } from "#api/all.ts";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { collectionPath, type KubeClient } from "#kube/client/client.ts";
import {
  configMaps,
  coreEvents,
  daemonSets,
  deployments,
  endpointSlices,
  leases,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  nodes,
  persistentVolumeClaims,
  pods,
  replicaSets,
  secrets,
  services,
  statefulSets,
  validatingWebhookConfigurations,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { CLUSTER_ID_SELECTOR, type Cluster } from "../cluster.ts";
import type { Entry } from "./entry.ts";
import { fromPod } from "./from-pods.ts";

/** Of each kind in each namespace. */
const MOST_OBJECTS = 2_000;
const MOST_NAMESPACES = 100;
const MOST_PODS = 200;
const AT_ONCE = 4;
const PATIENCE_MS = 30_000;

const OF_NAMESPACES: readonly Resource[] = [
  ...[pods, services, endpointSlices, coreEvents, deployments, replicaSets, statefulSets, daemonSets],
  ...[leases, persistentVolumeClaims, networkPolicies],
];

export async function gatherEntries(ctx: Context, cluster: Cluster): Promise<Entry[]> {
  const { client, liqoNamespace } = cluster;
  const taken = new Taken(ctx, client);
  const all = await taken.list(namespaces, {});
  const kinds = await Promise.all(allKinds.map((kind) => taken.list(kind as Resource, {})));
  const offloaded = new Set(
    kinds.flat().flatMap(({ kind, metadata }) => (kind === "NamespaceOffloading" ? [metadata?.namespace] : [])),
  );
  const own = all.filter(({ metadata }) => isLiqos(metadata, liqoNamespace));
  const used = all.filter(({ metadata }) => offloaded.has(metadata?.name) || isTwin(metadata));
  taken.keep("namespaces", [...new Set([...own, ...used])], false);
  for (const [i, kind] of allKinds.entries()) taken.keep(`${kind.plural}.${kind.group}`, kinds[i] ?? [], true);
  for (const resource of [nodes, mutatingWebhookConfigurations, validatingWebhookConfigurations])
    taken.keep(resource.plural, await taken.list(resource, {}), true);
  const names = (some: readonly KubeObject[]): string[] => some.map(({ metadata }) => metadata?.name ?? "");
  await taken.namespaced(names(own), true);
  await taken.namespaced(names(used).slice(0, MOST_NAMESPACES), false);
  taken.keep(
    `${liqoNamespace}/configmaps`,
    await taken.list(configMaps, { namespace: liqoNamespace, labelSelector: CLUSTER_ID_SELECTOR }),
    true,
  );
  taken.keep("kube-node-lease/leases", await taken.list(leases, { namespace: "kube-node-lease" }), true);
  await taken.ofPods();
  return taken.entries();
}

function isLiqos(metadata: KubeObject["metadata"], liqoNamespace: string): boolean {
  return metadata?.name === liqoNamespace || metadata?.labels?.[labels.TENANT_NAMESPACE] === "true";
}

function isTwin(metadata: KubeObject["metadata"]): boolean {
  return metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] !== undefined;
}

/** What has been taken so far; what was refused is among it. */
class Taken {
  readonly #ctx: Context;
  readonly #client: KubeClient;
  readonly #entries: Entry[] = [];
  readonly #pods: Pod[] = [];
  readonly #problems: string[] = [];

  constructor(ctx: Context, client: KubeClient) {
    this.#ctx = ctx;
    this.#client = client;
  }

  entries(): Entry[] {
    return [...this.#entries, { path: "problems.txt", text: this.#problems.map((line) => `${line}\n`).join("") }];
  }

  async list(
    resource: Resource,
    options: { readonly namespace?: string; readonly labelSelector?: string; readonly metadataOnly?: boolean },
  ): Promise<UnstructuredObject[]> {
    try {
      const page = await this.#client.list(withTimeout(this.#ctx, PATIENCE_MS), resource, {
        ...options,
        limit: MOST_OBJECTS,
      });
      const left = page.metadata.continue;
      if (left !== undefined && left !== "")
        this.#problems.push(`${collectionPath(resource, options.namespace)}: only the first ${MOST_OBJECTS} are here`);
      return page.items as UnstructuredObject[];
    } catch (error) {
      this.#problems.push(`${collectionPath(resource, options.namespace)}: ${messageOf(error)}`);
      return [];
    }
  }

  keep(name: string, objects: readonly UnstructuredObject[], isLiqo: boolean): void {
    if (objects.length > 0) this.#entries.push({ path: `objects/${name}.json`, objects, isLiqo });
  }

  async namespaced(names: readonly string[], isLiqo: boolean): Promise<void> {
    for (const namespace of names) {
      const lists = await Promise.all(OF_NAMESPACES.map((resource) => this.list(resource, { namespace })));
      for (const [i, resource] of OF_NAMESPACES.entries())
        this.keep(`${namespace}/${resource.plural}`, lists[i] ?? [], isLiqo);
      if (isLiqo) this.#pods.push(...((lists[0] ?? []) as Pod[]));
      // Of Secrets the server sends names and labels alone.
      this.keep(`${namespace}/secrets`, await this.list(secrets, { namespace, metadataOnly: true }), isLiqo);
    }
  }

  async ofPods(): Promise<void> {
    const chosen = this.#pods.slice(0, MOST_PODS);
    for (let at = 0; at < chosen.length; at += AT_ONCE) {
      const some = chosen.slice(at, at + AT_ONCE).map((pod) => fromPod(this.#ctx, this.#client, pod));
      for (const { entries, problems } of await Promise.all(some)) {
        this.#entries.push(...entries);
        this.#problems.push(...problems);
      }
    }
  }
}
