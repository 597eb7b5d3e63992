/**
 * Which groups, versions, resources and verbs exist: the legacy documents and the aggregated one.
 * Kubernetes: apiserver/pkg/endpoints/discovery, api/apidiscovery/v2
 */
import { createHash } from "node:crypto";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import { compareVersions, type Registry } from "../registry.ts";

interface ResourceEntry {
  readonly resource: Resource;
  /** What it is kept as. */
  readonly stored: Resource;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly storageVersion: string | undefined;
  readonly subresources: readonly SubresourceEntry[];
}

interface SubresourceEntry {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** Upstream lists those of custom resources in an order of their own. */
const CUSTOM_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
export const DEFAULT_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const STATUS_VERBS = ["get", "patch", "update"];
/** Groups in the order genuine Kubernetes lists them matters to kubectl's short-name lookup: built-in before custom. */
const LAST = Number.MAX_SAFE_INTEGER;
const GROUP_ORDER = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
];

function entriesOf(registry: Registry): ResourceEntry[] {
  const served = registry.all().map(({ strategy, storageVersion, custom }): ResourceEntry => {
    const { resource } = strategy;
    const own = { group: resource.group, version: resource.version, kind: resource.kind };
    const subresources: SubresourceEntry[] = registry.connectorsOf(resource).map((connector) => ({
      name: connector.subresource,
      ...connector.kind,
      verbs: connector.verbs,
    }));
    if (strategy.scale !== undefined) {
      subresources.push({ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: STATUS_VERBS });
    }
    if (strategy.status === true) subresources.push({ name: "status", ...own, verbs: STATUS_VERBS });
    subresources.sort((a, b) => (a.name < b.name ? -1 : 1));
    const stored = strategy.storedAs?.resource ?? resource;
    return {
      resource,
      stored,
      singular: strategy.singular,
      shortNames: strategy.shortNames ?? [],
      categories: strategy.categories ?? [],
      verbs: custom ? CUSTOM_VERBS : [...(strategy.verbs ?? DEFAULT_VERBS)].sort(),
      storageVersion: strategy.storedAs?.resource.version ?? storageVersion,
      subresources,
    };
  });
  const virtual = registry.allVirtual().map(
    ({ resource, singular }): ResourceEntry => ({
      resource,
      stored: resource,
      singular,
      shortNames: [],
      categories: [],
      verbs: ["create"],
      storageVersion: undefined,
      subresources: [],
    }),
  );
  return [...served, ...virtual].sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1));
}

export interface GroupVersions {
  readonly group: string;
  /** Preferred first. */
  readonly versions: readonly string[];
}

function groupsOf(registry: Registry): GroupVersions[] {
  const versions = new Map<string, Set<string>>();
  for (const { resource } of entriesOf(registry)) {
    const found = versions.get(resource.group) ?? new Set();
    versions.set(resource.group, found.add(resource.version));
  }
  return [...versions]
    .map(([group, names]) => ({ group, versions: [...names].sort(compareVersions) }))
    .sort((a, b) => orderOf(a.group) - orderOf(b.group) || (a.group < b.group ? -1 : 1));
}

function orderOf(group: string): number {
  const index = GROUP_ORDER.indexOf(group);
  return index < 0 ? LAST : index;
}

/** `/api` */
export function legacyVersions(address: string): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: address }];
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
}

/** `/apis` */
export function groupList(registry: Registry): object {
  const groups = groupsOf(registry).filter(({ group }) => group !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupBody) };
}

/** `/apis/<group>`; undefined when there is none. */
export function group(registry: Registry, name: string): object | undefined {
  const found = groupsOf(registry).find((candidate) => candidate.group === name);
  return found === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupBody(found) };
}

function groupBody({ group, versions }: GroupVersions): { name: string; versions: object[]; preferredVersion: object } {
  const shown = versions.map((version) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: shown, preferredVersion: shown[0] ?? {} };
}

/** `/api/v1` and `/apis/<group>/<version>`; undefined when there is none. */
export function resourceList(
  registry: Registry,
  gv: { readonly group: string; readonly version: string },
): object | undefined {
  const entries = entriesOf(registry).filter(
    ({ resource }) => resource.group === gv.group && resource.version === gv.version,
  );
  if (entries.length === 0) return undefined;
  const resources = entries.flatMap((entry) => [
    legacyResource(entry),
    ...entry.subresources.map((sub) => legacySub(entry, sub)),
  ]);
  // Upstream's core list is of a time before lists had versions.
  return {
    kind: "APIResourceList",
    ...(gv.group !== "" && { apiVersion: "v1" }),
    groupVersion: apiVersionOf(gv),
    resources,
  };
}

function legacyResource(entry: ResourceEntry): object {
  const { resource, stored, singular, verbs, shortNames, categories, storageVersion } = entry;
  return {
    name: resource.plural,
    singularName: singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(storageVersion !== undefined && { storageVersionHash: hashOf(stored, storageVersion) }),
  };
}

function legacySub({ resource }: ResourceEntry, sub: SubresourceEntry): object {
  return {
    name: `${resource.plural}/${sub.name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(isForeign(sub, resource) && { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

function isForeign(sub: SubresourceEntry, { group, version }: Resource): boolean {
  return sub.group !== group || sub.version !== version;
}

/** Kubernetes: apiserver/pkg/endpoints/discovery/storageversionhash.go */
function hashOf(stored: Resource, storageVersion: string): string {
  const digest = createHash("sha256").update(`${stored.group}/${storageVersion}/${stored.kind}`).digest();
  return digest.subarray(0, 8).toString("base64");
}

/** APIGroupDiscoveryList of the core group (`/api`) or of all others (`/apis`). */
export function aggregated(registry: Registry, core: boolean): object {
  const entries = entriesOf(registry);
  const groups = groupsOf(registry).filter(({ group }) => (group === "") === core);
  const items = groups.map(({ group, versions }) => ({
    metadata: group === "" ? {} : { name: group },
    versions: versions.map((version) => ({
      version,
      resources: entries
        .filter(({ resource }) => resource.group === group && resource.version === version)
        .map(aggregatedResource),
      freshness: "Current",
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResource(entry: ResourceEntry): object {
  const { resource, singular, verbs, shortNames, categories, subresources } = entry;
  return {
    resource: resource.plural,
    // Its own group and version are left to be understood.
    responseKind: { group: "", version: "", kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: isForeign(sub, resource)
          ? { group: sub.group, version: sub.version, kind: sub.kind }
          : { group: "", version: "", kind: sub.kind },
        verbs: sub.verbs,
      })),
    }),
  };
}
