/** Reading and writing objects from inside the server: for admission, authorization and subresources. */
import type { Context } from "#base/context.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { failure } from "#machinery/status-error.ts";
import type { ApiServices } from "./connector.ts";
import { type Call, type Core, inVersion, keyFor, keyPrefix } from "./core.ts";
import { deleteObject } from "./handlers/delete.ts";
import { parseDeleteOptions, type WriteOptions } from "./handlers/options.ts";
import { createObject, updateObject } from "./handlers/write.ts";
import type { ServedResource } from "./registry.ts";
import type { ObjectReader, ObjectWriter, UserInfo } from "./request.ts";

const SERVER_USER: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const OPTIONS: WriteOptions = { dryRun: false, fieldManager: "kube-apiserver", raw: {} };

export function createServices(core: Core): ApiServices {
  return {
    reader: createReader(core),
    writer: createWriter(core),
    findResource: (group, plural, version) =>
      (version === undefined
        ? core.registry.findAnyVersion(group, plural)
        : core.registry.find({ group, version, plural })
      )?.strategy.resource,
  };
}

function createReader(core: Core): ObjectReader {
  // Objects of a resource have the resource's type: what was stored passed its strategy and schema.
  return {
    get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined {
      const served = core.registry.find(resource);
      const entry = served && core.store.get(keyFor(served, namespace, name));
      return served && entry && (inVersion(served, entry.value) as T);
    },
    list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[] {
      const served = core.registry.find(resource);
      if (served === undefined) return [];
      return core.store.list(keyPrefix(served, namespace)).map((entry) => inVersion(served, entry.value) as T);
    },
    onChange(resource, signal, changed) {
      const served = requireServed(core, resource);
      const stop = core.store.watch({
        prefix: keyPrefix(served, ""),
        fromRevision: core.store.revision,
        onEvent: (event) => changed(event.type, event.value),
      });
      signal.addEventListener("abort", stop, { once: true });
    },
  };
}

function createWriter(core: Core): ObjectWriter {
  return {
    async create<T extends KubeObject>(ctx: Context, resource: Resource<T>, namespace: string, object: T): Promise<T> {
      const call = internalCall(core, ctx, { resource, namespace, verb: "create" });
      // Callers may leave out what the resource says; what is stored has both, as from any client.
      const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
      const copy = { ...structuredClone(object), ...type } as unknown as UnstructuredObject;
      return (await createObject(core, call, { object: copy, options: OPTIONS })) as T;
    },
    async change<T extends KubeObject>(
      ctx: Context,
      resource: Resource<T>,
      namespace: string,
      name: string,
      subresource: string,
      mutate: (object: T) => T | undefined,
    ): Promise<T> {
      const call = internalCall(core, ctx, { resource, namespace, name, subresource, verb: "update" });
      const next = (current: UnstructuredObject): UnstructuredObject =>
        (mutate(current as unknown as T) ?? current) as unknown as UnstructuredObject;
      const raw = subresource !== "" && subresource !== "status";
      return (await updateObject(core, call, { options: OPTIONS, next, raw })) as T;
    },
    async delete(ctx, resource, namespace, name, options) {
      const call = internalCall(core, ctx, { resource, namespace, name, verb: "delete" });
      return (await deleteObject(core, call, parseDeleteOptions(options))).object;
    },
  };
}

interface InternalTarget {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly verb: string;
}

function internalCall(core: Core, ctx: Context, target: InternalTarget): Call {
  return {
    ctx,
    served: requireServed(core, target.resource),
    user: SERVER_USER,
    verb: target.verb,
    subresource: target.subresource ?? "",
    namespace: target.namespace,
    name: target.name ?? "",
    query: new URLSearchParams(),
    contentType: "application/json",
    userAgent: "kube-apiserver",
    schemas: core.schemas,
    registry: core.registry,
    warnings: [],
    body: () => Promise.resolve(Buffer.alloc(0)),
  };
}

function requireServed(core: Core, resource: Resource): ServedResource {
  const served = core.registry.find(resource);
  if (served === undefined) throw failure(404, "NotFound", "the server could not find the requested resource");
  return served;
}
