/**
 * All resources served at this moment, built-in and custom: where requests, discovery and OpenAPI look them up.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go (InstallAPIGroup)
 */
import type { GroupVersionKind, Resource } from "#machinery/gvk.ts";
import type { Schema } from "#machinery/schema/schema.ts";
import type { Connector, VirtualResource } from "./connector.ts";
import type { AnyStrategy } from "./strategy.ts";

export interface ServedResource {
  readonly strategy: AnyStrategy;
  /** Schema of the whole object, read lazily; undefined when none is known (then anything goes). */
  schema(): Schema | undefined;
  /** Custom resources differ: no strategic merge patch, unknown fields by structural pruning. */
  readonly custom: boolean;
  /** How discovery tells versions of the stored form apart. */
  readonly storageVersion: string;
}

export class Registry {
  readonly #resources = new Map<string, ServedResource>();
  readonly #virtual = new Map<string, VirtualResource>();
  readonly #connectors = new Map<string, Connector>();
  #generation = 0;

  /** Changes whenever anything is added or removed: the key of caches made from the registry. */
  get generation(): number {
    return this.#generation;
  }

  add(served: ServedResource): void {
    this.#resources.set(keyOf(served.strategy.resource), served);
    this.#generation++;
  }

  remove(resource: Resource): void {
    this.#resources.delete(keyOf(resource));
    this.#generation++;
  }

  addVirtual(virtual: VirtualResource): void {
    this.#virtual.set(keyOf(virtual.resource), virtual);
    this.#generation++;
  }

  addConnector(connector: Connector): void {
    this.#connectors.set(`${keyOf(connector)}/${connector.subresource}`, connector);
    this.#generation++;
  }

  find(resource: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
  }): ServedResource | undefined {
    return this.#resources.get(keyOf(resource));
  }

  findVirtual(resource: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
  }): VirtualResource | undefined {
    return this.#virtual.get(keyOf(resource));
  }

  findConnector(
    resource: { readonly group: string; readonly version: string; readonly plural: string },
    subresource: string,
  ): Connector | undefined {
    return this.#connectors.get(`${keyOf(resource)}/${subresource}`);
  }

  connectorsOf(resource: { readonly group: string; readonly version: string; readonly plural: string }): Connector[] {
    const prefix = `${keyOf(resource)}/`;
    return [...this.#connectors].filter(([key]) => key.startsWith(prefix)).map(([, connector]) => connector);
  }

  findKind(gvk: GroupVersionKind): ServedResource | undefined {
    for (const served of this.#resources.values()) {
      const { group, version, kind } = served.strategy.resource;
      if (group === gvk.group && version === gvk.version && kind === gvk.kind) return served;
    }
    return undefined;
  }

  /** The resource of a group and plural in any version, the preferred first. */
  findAnyVersion(group: string, plural: string): ServedResource | undefined {
    return this.all()
      .filter(({ strategy: { resource } }) => resource.group === group && resource.plural === plural)
      .sort((a, b) => compareVersions(a.strategy.resource.version, b.strategy.resource.version))[0];
  }

  all(): ServedResource[] {
    return [...this.#resources.values()];
  }

  allVirtual(): VirtualResource[] {
    return [...this.#virtual.values()];
  }
}

/** Kubernetes' order of versions, most preferred first: v2, v1, v1beta2, v1beta1, v1alpha1, others by name. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < x.length; i++) {
    const difference = (y[i] ?? 0) - (x[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const [, major, stage, minor] = match;
  return [stage === undefined ? 3 : stage === "beta" ? 2 : 1, Number(major), Number(minor ?? 0)];
}

function keyOf(resource: { readonly group: string; readonly version: string; readonly plural: string }): string {
  return `${resource.group}/${resource.version}/${resource.plural}`;
}
