/**
 * A typed client of one API server: objects in, objects out, StatusError on refusal.
 * Kubernetes: client-go/rest, controller-runtime/pkg/client
 */
import type { IncomingMessage } from "node:http";
import type { Context } from "#base/context.ts";
import type { Metrics } from "#base/metrics.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import { type KubeList, type KubeObject, keyOf, type Marks, type ObjectKey, withMarks } from "#machinery/meta.ts";
import { isAlreadyExists, isNotFound, type Status } from "#machinery/status-error.ts";
import type { ClusterConfig } from "./config.ts";
import { clientMetrics } from "./metrics.ts";
import {
  type ApplyOptions,
  acceptPartial,
  type DeleteOptions,
  type ListOptions,
  PATCH_MEDIA,
  type PatchType,
  type WatchOptions,
  type WriteOptions,
} from "./options.ts";
import { isSuccess, readText, statusErrorOf, Transport } from "./transport.ts";
import { readWatchEvents, type WatchEvent } from "./watch.ts";

// A page is in memory as bytes, as text and as objects. client-go pages by 500.
const PAGE_SIZE = 500;

export interface ClientOptions {
  /** On all that is created or applied. */
  readonly marks?: Marks;
  /** Where requests are counted. Default: nobody looks. */
  readonly metrics?: Metrics | undefined;
}

export class KubeClient implements Disposable {
  readonly transport: Transport;
  readonly #fieldManager: string;
  readonly #marks: Marks;

  /** `name` becomes the user agent and the default field manager. */
  constructor(config: ClusterConfig, name: string, { marks = {}, metrics }: ClientOptions = {}) {
    this.transport = new Transport(config, name, {
      ...(metrics !== undefined && { observe: clientMetrics(metrics, config.server) }),
    });
    this.#fieldManager = name;
    this.#marks = marks;
  }

  /** The object as `create` and `apply` send it. */
  complete<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
  ): T & Required<Pick<KubeObject, "apiVersion" | "kind">> {
    return { ...withMarks(object, this.#marks), apiVersion: apiVersionOf(resource), kind: resource.kind };
  }

  [Symbol.dispose](): void {
    this.transport[Symbol.dispose]();
  }

  /** The namespace of the kubeconfig context or of the pod, `default` otherwise. */
  get namespace(): string {
    return this.transport.config.namespace ?? "default";
  }

  get<T>(ctx: Context, resource: Resource<T>, key: ObjectKey, subresource?: string): Promise<T> {
    return this.#json<T>(ctx, "GET", objectPath(resource, key, subresource));
  }

  /** As get, but absence is a value. */
  async find<T>(ctx: Context, resource: Resource<T>, key: ObjectKey): Promise<T | undefined> {
    try {
      return await this.get(ctx, resource, key);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One page (`limit`) or everything. Items carry apiVersion and kind, which the server leaves out in lists. */
  async list<T>(ctx: Context, resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const { namespace, metadataOnly, ...query } = options;
    const list = await this.transport.json<KubeList<T>>({
      method: "GET",
      path: collectionPath(resource, namespace),
      query,
      ...(metadataOnly === true && { headers: acceptPartial("PartialObjectMetadataList") }),
      signal: ctx.signal,
    });
    const typed = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return { ...list, items: (list.items ?? []).map((item) => ({ ...typed, ...item })) };
  }

  /** Everything, page by page, as of one revision. Throws Expired when the server has forgotten that meanwhile. */
  async *pages<T>(ctx: Context, resource: Resource<T>, options: ListOptions = {}): AsyncGenerator<KubeList<T>> {
    let next: string | undefined;
    do {
      const page = await this.list(ctx, resource, { limit: PAGE_SIZE, ...options, ...(next && { continue: next }) });
      next = page.metadata.continue;
      yield page;
    } while (next !== undefined && next !== "");
  }

  /** Events until the server or the context ends the stream. Throws StatusError (410 Expired included). */
  async *watch<T>(ctx: Context, resource: Resource<T>, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const { namespace, metadataOnly, ...query } = options;
    const response = await this.transport.send({
      method: "GET",
      path: collectionPath(resource, namespace),
      query: { ...query, watch: true, allowWatchBookmarks: true },
      ...(metadataOnly === true && { headers: acceptPartial("PartialObjectMetadata") }),
      signal: ctx.signal,
    });
    if (!isSuccess(response)) throw statusErrorOf(response, await readText(response), this.transport.config.server);
    yield* readWatchEvents<T>(response);
  }

  create<T extends KubeObject>(ctx: Context, resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const namespace = object.metadata?.namespace;
    const path = collectionPath(resource, namespace);
    return this.#write<T>(ctx, "POST", path, this.complete(resource, object), options);
  }

  /** As create, but an object of that name is left as it is; the new one, undefined when there was one. */
  async createIfAbsent<T extends KubeObject>(
    ctx: Context,
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.create(ctx, resource, object, options);
    } catch (error) {
      if (isAlreadyExists(error)) return undefined;
      throw error;
    }
  }

  /** Replaces the object; its resourceVersion is the precondition. */
  update<T extends KubeObject>(ctx: Context, resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = objectPath(resource, keyOf(object), options.subresource);
    return this.#write<T>(ctx, "PUT", path, withType(resource, object), options);
  }

  updateStatus<T extends KubeObject>(ctx: Context, resource: Resource<T>, object: T): Promise<T> {
    return this.update(ctx, resource, object, { subresource: "status" });
  }

  patch<T>(
    ctx: Context,
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, key, options.subresource);
    return this.#write<T>(ctx, "PATCH", path, body, options, PATCH_MEDIA[type]);
  }

  /** Server-side apply: creates the object or makes exactly these fields ours. */
  apply<T extends KubeObject>(ctx: Context, resource: Resource<T>, object: T, options: ApplyOptions = {}): Promise<T> {
    const path = objectPath(resource, keyOf(object), options.subresource);
    return this.transport.json<T>({
      method: "PATCH",
      path,
      query: { ...this.#writeQuery(options), force: options.force ?? true },
      headers: { "Content-Type": "application/apply-patch+yaml" },
      body: JSON.stringify(
        options.subresource === undefined ? this.complete(resource, object) : withType(resource, object),
      ),
      signal: ctx.signal,
    });
  }

  /** Asks for deletion; the answer is the object still being deleted, or a Status. */
  delete(ctx: Context, resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<KubeObject | Status> {
    const { uid, resourceVersion, dryRun, ...rest } = options;
    const preconditions = {
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    };
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...rest,
      ...(Object.keys(preconditions).length > 0 && { preconditions }),
      ...(dryRun === true && { dryRun: ["All"] }),
    };
    return this.#json(ctx, "DELETE", objectPath(resource, key), body);
  }

  /** As delete, but an object that is already gone is success. */
  async deleteIfPresent(ctx: Context, resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    try {
      await this.delete(ctx, resource, key, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /**
   * Deletes the very object that was seen, by its uid; one that is already gone is success. Throws Conflict when another has
   * taken its name meanwhile.
   */
  deleteObserved(ctx: Context, resource: Resource, seen: KubeObject, options: DeleteOptions = {}): Promise<void> {
    const { uid } = seen.metadata ?? {};
    return this.deleteIfPresent(ctx, resource, keyOf(seen), { ...options, ...(uid !== undefined && { uid }) });
  }

  /** POST to a subresource such as `token`, `eviction` or `binding`. */
  createSubresource<T>(
    ctx: Context,
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: unknown,
  ): Promise<T> {
    return this.#json<T>(ctx, "POST", objectPath(resource, key, subresource), body);
  }

  /** Any JSON request below the server's URL. */
  raw<T>(ctx: Context, method: string, path: string, body?: unknown): Promise<T> {
    return this.#json<T>(ctx, method, path, body);
  }

  /** A successful response whose body the caller streams (logs). */
  async stream(
    ctx: Context,
    path: string,
    query: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ): Promise<IncomingMessage> {
    const response = await this.transport.send({
      method: "GET",
      path,
      query,
      headers: { Accept: "*/*" },
      signal: ctx.signal,
    });
    if (isSuccess(response)) return response;
    throw statusErrorOf(response, await readText(response), this.transport.config.server);
  }

  #json<T>(ctx: Context, method: string, path: string, body?: unknown): Promise<T> {
    return this.transport.json<T>({
      method,
      path,
      ...(body !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      signal: ctx.signal,
    });
  }

  #write<T>(
    ctx: Context,
    method: string,
    path: string,
    body: unknown,
    options: WriteOptions,
    media = "application/json",
  ): Promise<T> {
    return this.transport.json<T>({
      method,
      path,
      query: this.#writeQuery(options),
      headers: { "Content-Type": media },
      body: JSON.stringify(body),
      signal: ctx.signal,
    });
  }

  #writeQuery(options: WriteOptions): Record<string, string | undefined> {
    return {
      fieldManager: options.fieldManager ?? this.#fieldManager,
      ...(options.dryRun === true && { dryRun: "All" }),
    };
  }
}

/** `/api/v1/namespaces/x/pods`, `/apis/apps/v1/deployments`, … */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope =
    resource.namespaced && namespace !== undefined && namespace !== ""
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : "";
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

function withType<T extends KubeObject>(resource: Resource<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}
