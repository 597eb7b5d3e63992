/** Shares informers: one list and watch per resource and scope, however many controllers want it. */
import type { Context } from "#base/context.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { KubeClient } from "../client/client.ts";
import { Informer, type InformerOptions, type InformerScope } from "./informer.ts";

export class Informers implements AsyncDisposable {
  readonly client: KubeClient;
  readonly #ctx: Context;
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(ctx: Context, client: KubeClient) {
    this.#ctx = ctx;
    this.client = client;
  }

  /**
   * The informer of a resource and scope, started at the first call. Throws a TypeError when a later caller of one scope
   * wants something else kept of its objects (`transform`, compared by identity, and `keepsManagedFields`).
   */
  for<T extends KubeObject>(resource: Resource<T>, options: InformerOptions<T> = {}): Informer<T> {
    const key = keyOf(resource, options);
    const existing = this.#informers.get(key);
    if (existing !== undefined) {
      // The key determines the resource and thereby T.
      const shared = existing as unknown as Informer<T>;
      if (!shared.keepsAlike(options)) throw new TypeError(`two callers want different parts of the objects of ${key}`);
      return shared;
    }
    const informer = new Informer(this.#ctx, this.client, resource, options);
    this.#informers.set(key, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** The informer of the whole resource, whatever it keeps, if somebody asked for it before. */
  find<T extends KubeObject>(resource: Resource<T>): Informer<T> | undefined {
    return this.#informers.get(keyOf(resource, {})) as unknown as Informer<T> | undefined;
  }

  /** Ends an informer for all who use it; `for` of its resource and scope starts another one. */
  async end<T extends KubeObject>(ended: Informer<T>): Promise<void> {
    for (const [key, informer] of this.#informers) if ((informer as unknown) === ended) this.#informers.delete(key);
    await ended[Symbol.asyncDispose]();
  }

  /** Resolves when every informer started so far has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer[Symbol.asyncDispose]()));
  }
}

function keyOf(resource: Resource, scope: InformerScope): string {
  const { namespace = "", labelSelector = "", fieldSelector = "", metadataOnly = false } = scope;
  const parts = [formatGroupResource(resource), resource.version, namespace, labelSelector, fieldSelector];
  return [...parts, ...(metadataOnly ? ["metadata"] : [])].join("|");
}
