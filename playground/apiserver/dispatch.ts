/**
 * From a parsed, authorized request to its handler: stored resources, their subresources, connectors and resources
 * without storage. Kubernetes: apiserver/pkg/endpoints/installer.go
 */
import type { Context } from "#base/context.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { failure, notFound } from "#machinery/status-error.ts";
import type { ConnectorRequest, JsonConnector, StreamConnector, ViewConnector, VirtualResource } from "./connector.ts";
import type { Call, Core, Reply } from "./core.ts";
import { DEFAULT_VERBS } from "./discovery/discovery.ts";
import { handleCreate, handleUpdate } from "./handlers/create.ts";
import { decodeBody, normalize, reportProblems, toObject } from "./handlers/decode.ts";
import { handleDelete, handleDeleteCollection } from "./handlers/delete.ts";
import { handleGet, handleList } from "./handlers/list.ts";
import { writeOptions } from "./handlers/options.ts";
import { handlePatch } from "./handlers/patch.ts";
import { handleScale } from "./handlers/scale.ts";
import { admissionRequest, admit, methodNotAllowed, recordManager, validateAdmission } from "./handlers/write.ts";
import type { ServedResource } from "./registry.ts";
import type { UserInfo } from "./request.ts";
import type { RequestInfo } from "./request-info.ts";
import { pageNotFound } from "./respond.ts";

export type Target =
  | { readonly to: "resource"; readonly served: ServedResource }
  | { readonly to: "view"; readonly served: ServedResource; readonly view: ViewConnector }
  | { readonly to: "json"; readonly served: ServedResource; readonly connector: JsonConnector }
  | { readonly to: "stream"; readonly served: ServedResource; readonly connector: StreamConnector }
  | { readonly to: "virtual"; readonly virtual: VirtualResource };

/** Throws 404 for what isn't served and 405 for a verb that isn't. */
export function findTarget(core: Core, info: RequestInfo): Target {
  const virtual = info.subresource === "" ? core.registry.findVirtual(info) : undefined;
  if (virtual !== undefined) {
    if (info.verb !== "create") throw methodNotAllowed();
    return { to: "virtual", virtual };
  }
  const served = core.registry.find(info);
  if (served === undefined) throw hasGroup(core, info.group) ? unknownPath() : pageNotFound();
  const { strategy } = served;
  const needsNamespace = strategy.resource.namespaced && info.namespace === "";
  if (needsNamespace && !["list", "watch"].includes(info.verb)) {
    throw info.name === "" ? methodNotAllowed() : unknownPath();
  }
  if (!strategy.resource.namespaced && info.namespace !== "" && info.plural !== "namespaces") throw unknownPath();
  if (info.subresource === "") return requireVerb(strategy.verbs ?? DEFAULT_VERBS, info, { to: "resource", served });
  const builtIn =
    (info.subresource === "status" && strategy.status) || (info.subresource === "scale" && strategy.scale);
  if (builtIn) return requireVerb(["get", "patch", "update"], info, { to: "resource", served });
  const connector = core.registry.findConnector(info, info.subresource);
  if (connector === undefined) throw served.custom ? notFound(strategy.resource, info.name) : unknownPath();
  requireVerb(connector.verbs, info, undefined);
  if (connector.form === "view") return { to: "view", served, view: connector };
  return connector.form === "json" ? { to: "json", served, connector } : { to: "stream", served, connector };
}

function requireVerb<T>(verbs: readonly string[], info: RequestInfo, target: T): T {
  if (!verbs.includes(info.verb)) throw methodNotAllowed();
  if (info.verb === "create" && info.name !== "" && info.subresource === "") throw methodNotAllowed();
  if ((info.verb === "update" || info.verb === "patch") && info.name === "") throw methodNotAllowed();
  return target;
}

function hasGroup(core: Core, group: string): boolean {
  return [...core.registry.all().map(({ strategy }) => strategy), ...core.registry.allVirtual()].some(
    ({ resource }) => resource.group === group,
  );
}

function unknownPath(): Error {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** Everything that answers with one object; watches and streams are the server's own business. */
export async function answer(core: Core, call: Call, target: Exclude<Target, { to: "stream" }>): Promise<Reply> {
  if (target.to === "virtual") return answerVirtual(core, call, target.virtual);
  if (target.to === "json") return answerJson(core, call, target.connector);
  const view = target.to === "view" ? target.view : undefined;
  if (call.subresource === "scale" && view === undefined) return handleScale(core, call);
  switch (call.verb) {
    case "get":
      return handleGet(core, call);
    case "list":
      return handleList(core, call);
    case "create":
      return handleCreate(core, call);
    case "update":
      return handleUpdate(core, call, view);
    case "patch":
      return handlePatch(core, call, view);
    case "delete":
      return handleDelete(core, call);
    case "deletecollection":
      return handleDeleteCollection(core, call);
    default:
      throw methodNotAllowed();
  }
}

async function answerVirtual(core: Core, call: Call, virtual: VirtualResource): Promise<Reply> {
  const options = writeOptions(call, "CreateOptions");
  const object = toObject(call, await decodeBody(call));
  recordManager(core, call, { next: object, options });
  return { code: 201, body: await virtual.create(call.ctx, call.user, call.namespace, object) };
}

async function answerJson(core: Core, call: Call, connector: JsonConnector): Promise<Reply> {
  const options = writeOptions(call, "CreateOptions");
  let body: UnstructuredObject | undefined;
  if (call.verb !== "get") body = await decodeAs(core, call, connector.kind);
  if (connector.admission && body !== undefined) {
    const request = {
      ...admissionRequest(call, { operation: "CREATE", object: body, options }),
      kind: connector.kind,
      name: call.name,
    };
    for (const plugin of core.parts().admission) if (plugin.handles(request)) await plugin.admit?.(call.ctx, request);
    body = request.object ?? body;
    await validateAdmission(core, call, request, body);
  }
  return connector.handle(call.ctx, connectorRequest(call, ""), body);
}

/** The body of a subresource, whose kind is another one than the resource's. */
async function decodeAs(core: Core, call: Call, kind: JsonConnector["kind"]): Promise<UnstructuredObject> {
  const { value, problems } = await decodeBody(call);
  const schema = core.schemas.find(kind);
  const strategy = { resource: kind as never, singular: "" };
  const served = { ...call.served, strategy, schema: () => schema, custom: false };
  reportProblems({ ...call, served }, [...problems, ...normalize(served, value)]);
  return value as UnstructuredObject;
}

/** Admission of a stream: plugins may refuse it, there is no object to change. */
export async function admitConnect(core: Core, call: Call): Promise<void> {
  const options = { dryRun: false, raw: {} };
  const request = admissionRequest(call, { operation: "CONNECT", object: undefined, options });
  await admit(core, call, request, {});
  await validateAdmission(core, call, request, undefined);
}

export function connectorRequest(call: Call, subpath: string): ConnectorRequest {
  const { user, verb, subresource, namespace, name, query, served } = call;
  const dryRun = query.getAll("dryRun").includes("All");
  return { user, verb, resource: served.strategy.resource, subresource, namespace, name, subpath, query, dryRun };
}

/** A call for the handlers; of a virtual resource the strategy carries nothing but its names. */
export function callFor(
  core: Core,
  target: Target,
  info: RequestInfo,
  request: { ctx: Context; user: UserInfo; headers: Readonly<Record<string, unknown>>; body: () => Promise<Buffer> },
): Call {
  const served: ServedResource =
    target.to === "virtual"
      ? {
          strategy: { resource: target.virtual.resource as never, singular: target.virtual.singular },
          schema: () => core.schemas.find(target.virtual.resource),
          custom: false,
          storageVersion: target.virtual.resource.version,
        }
      : target.served;
  let body: Promise<Buffer> | undefined;
  return {
    ctx: request.ctx,
    served,
    user: request.user,
    verb: info.verb,
    subresource: info.subresource,
    // The namespace resource is addressed as if it were in itself.
    namespace: served.strategy.resource.namespaced ? info.namespace : "",
    name: info.name,
    query: info.query,
    contentType: String(request.headers["content-type"] ?? ""),
    userAgent: String(request.headers["user-agent"] ?? ""),
    schemas: core.schemas,
    registry: core.registry,
    warnings: served.strategy.deprecation === undefined ? [] : [served.strategy.deprecation],
    body: () => {
      body ??= request.body();
      return body;
    },
  };
}
