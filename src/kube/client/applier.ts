/**
 * Server-side apply for those who come by at every event: asks the server only when something is to change. Used by
 * controllers and reflectors; what they compare with is the informer's cache. Kubernetes: KEP-555
 */
import { createHash } from "node:crypto";
import type { Context } from "#base/context.ts";
import { contains } from "#machinery/contains.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { KubeClient } from "./client.ts";
import type { ApplyOptions } from "./options.ts";

export interface Application<T> {
  /** The object as informers know it; undefined: there is none. */
  readonly cached: T | undefined;
  readonly wanted: T;
}

export class Applier {
  readonly #client: KubeClient;
  readonly #options: ApplyOptions;
  /**
   * By object, what was applied last, as a digest, and to which: fields that are no longer wanted do not show in a
   * comparison, nor does whose the fields are of an object that somebody made in the place of ours.
   */
  readonly #applied = new Map<string, { readonly digest: string; readonly uid: string | undefined }>();

  constructor(client: KubeClient, options: ApplyOptions = {}) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * What the server answered, undefined when it was not asked: it had been given just this before, and the cache shows all
   * of it. Throws when another object has taken the name of the cached one.
   */
  async applyIfChanged<T extends KubeObject>(
    ctx: Context,
    resource: Resource<T>,
    { cached, wanted }: Application<T>,
  ): Promise<T | undefined> {
    const name = nameOf(resource, keyOf(wanted));
    const digest = createHash("sha256").update(JSON.stringify(wanted)).digest("base64");
    const uid = cached?.metadata?.uid;
    const before = this.#applied.get(name);
    const isKnown = cached !== undefined && before?.uid === uid && before?.digest === digest;
    if (isKnown && contains(cached, wanted)) return undefined;
    // The uid keeps the write from landing on an object that replaced the cached one since it was seen.
    const object = uid === undefined ? wanted : { ...wanted, metadata: { ...wanted.metadata, uid } };
    const answer = await this.#client.apply(ctx, resource, object, this.#options);
    this.#applied.set(name, { digest, uid: answer.metadata?.uid });
    return answer;
  }

  /** The object is wanted no more: nothing of it needs to be remembered. */
  forget(resource: Resource, key: ObjectKey): void {
    this.#applied.delete(nameOf(resource, key));
  }
}

function nameOf({ group, plural }: Resource, key: ObjectKey): string {
  return `${plural}.${group} ${formatKey(key)}`;
}
