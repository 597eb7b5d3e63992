/** What all handlers share: storage, registry, pluggable parts and the clock. Made once by server.ts. */

import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Store } from "#playground/store/store.ts";
import type { ApiServerParts } from "./connector.ts";
import type { BuiltinSchemas } from "./openapi/builtin-schemas.ts";
import type { Registry, ServedResource } from "./registry.ts";
import type { UserInfo } from "./request.ts";

export interface Core {
  readonly store: Store<KubeObject>;
  readonly registry: Registry;
  readonly parts: () => ApiServerParts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly schemas: BuiltinSchemas;
}

/** One authorized resource request, as the handlers see it. */
export interface Call {
  readonly ctx: Context;
  readonly served: ServedResource;
  readonly user: UserInfo;
  readonly verb: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  /** Of any built-in kind a body may hold. */
  readonly schemas: BuiltinSchemas;
  /** What else is served. */
  readonly registry: Registry;
  /** Sent as `Warning: 299` headers. */
  readonly warnings: string[];
  /** Adds to what the audit log says of the request, where one is kept. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
  /** The request's body, read at most once. */
  body(): Promise<Buffer>;
}

export interface Reply {
  readonly code: number;
  readonly body: object;
}

/** `/registry/apps/deployments/` and, for one namespace, `…/ns/`. */
export function keyPrefix(served: ServedResource, namespace: string): string {
  const { group, plural, namespaced } = served.strategy.storedAs?.resource ?? served.strategy.resource;
  const collection = `/registry/${group === "" ? "core" : group}/${plural}/`;
  return namespaced && namespace !== "" ? `${collection}${namespace}/` : collection;
}

export function keyFor(served: ServedResource, namespace: string, name: string): string {
  return `${keyPrefix(served, namespace)}${name}`;
}

/** Timestamps of the API have whole seconds. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/**
 * The stored object as the served version shows it: versions differ in nothing but their name, unless the strategy says
 * how. The engine's own writes may name no kind.
 */
export function inVersion(served: ServedResource, object: KubeObject): KubeObject {
  const { storedAs, resource, fillStored } = served.strategy;
  if (storedAs !== undefined) return storedAs.fromStored(object);
  const { group, version, kind } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const filled = fillStored?.(object) ?? object;
  return filled.apiVersion === apiVersion && filled.kind !== undefined ? filled : { ...filled, apiVersion, kind };
}
