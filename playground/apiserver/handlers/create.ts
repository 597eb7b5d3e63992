/** POST to a collection and PUT to an object. Kubernetes: apiserver/pkg/endpoints/handlers/{create,update}.go */
import type { UnstructuredObject } from "#machinery/meta.ts";
import { badRequest, failure } from "#machinery/status-error.ts";
import type { ViewConnector } from "../connector.ts";
import { type Call, type Core, inVersion, type Reply } from "../core.ts";
import { decodeBody, toObject } from "./decode.ts";
import { requireSameName } from "./metadata.ts";
import { writeOptions } from "./options.ts";
import { createObject, requireVersion, updateObject } from "./write.ts";

export async function handleCreate(core: Core, call: Call): Promise<Reply> {
  const options = writeOptions(call, "CreateOptions");
  const object = toObject(call, await decodeBody(call));
  if (!["", "0"].includes(object.metadata?.resourceVersion ?? "")) {
    throw failure(500, undefined, "resourceVersion should not be set on objects to be created");
  }
  const created = await createObject(core, call, { object, options });
  return { code: 201, body: inVersion(call.served, created) };
}

export async function handleUpdate(core: Core, call: Call, view?: ViewConnector): Promise<Reply> {
  const options = writeOptions(call, "UpdateOptions");
  const sent = toObject(call, await decodeBody(call));
  if ((sent.metadata?.name ?? "") === "") {
    throw badRequest(`the name of the object (${call.name} based on URL) was undeterminable: name must be provided`);
  }
  requireSameName(call, sent);
  requireVersion(call, sent);
  const next = (): UnstructuredObject => structuredClone(sent);
  const updated = await updateObject(core, call, { options, next, ...viewInput(view) });
  return { code: 200, body: inVersion(call.served, updated) };
}

/** How an update through a view differs from one of the main resource. */
export function viewInput(view: ViewConnector | undefined): {
  prepare?: ViewConnector["prepareForUpdate"];
  validate?: NonNullable<ViewConnector["validateUpdate"]>;
} {
  if (view === undefined) return {};
  return {
    prepare: view.prepareForUpdate.bind(view),
    validate: view.validateUpdate?.bind(view) ?? (() => []),
  };
}
