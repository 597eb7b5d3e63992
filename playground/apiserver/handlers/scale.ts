/** The `/scale` subresource: a Scale made from, and written into, the object. Kubernetes: api/autoscaling/v1 (Scale) */
import { invalid } from "#machinery/field-error.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { isJsonObject, type JsonObject } from "#machinery/schema/schema.ts";
import { formatLabelSelector, type LabelSelector, labelSelectorOf } from "#machinery/selector.ts";
import { badRequest, invalidObject, modifiedConflict, notFound } from "#machinery/status-error.ts";
import { type Call, type Core, inVersion, keyFor, type Reply } from "../core.ts";
import type { ScaleMapping } from "../strategy.ts";
import { decodeBody } from "./decode.ts";
import { writeOptions } from "./options.ts";
import { decodePatch } from "./patch.ts";
import { methodNotAllowed, updateObject } from "./write.ts";

export async function handleScale(core: Core, call: Call): Promise<Reply> {
  const mapping = call.served.strategy.scale;
  if (mapping === undefined) throw methodNotAllowed();
  if (call.verb === "get") {
    const entry = core.store.get(keyFor(call.served, call.namespace, call.name));
    if (entry === undefined) throw notFound(call.served.strategy.resource, call.name);
    return { code: 200, body: scaleOf(inVersion(call.served, entry.value), mapping) };
  }
  const options = writeOptions(call, call.verb === "patch" ? "PatchOptions" : "UpdateOptions");
  const change = await readChange(call);
  const updated = await updateObject(core, call, {
    options,
    prepare: () => undefined,
    next: (current) => {
      const scale = change(scaleOf(current, mapping) as JsonObject);
      const version = isJsonObject(scale.metadata) ? scale.metadata.resourceVersion : undefined;
      if (typeof version === "string" && version !== "" && version !== current.metadata?.resourceVersion) {
        throw modifiedConflict(call.served.strategy.resource, call.name);
      }
      const replicas = isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0;
      if (!Number.isInteger(replicas))
        throw badRequest("json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32");
      // Custom resources say so themselves.
      if (Number(replicas) < 0 && !call.served.custom)
        throw invalidObject({ group: "autoscaling", kind: "Scale" }, call.name, [
          invalid("spec.replicas", replicas, "must be greater than or equal to 0"),
        ]);
      writePath(current, mapping.specReplicasPath, replicas);
      return current;
    },
  });
  return { code: 200, body: scaleOf(inVersion(call.served, updated), mapping) };
}

async function readChange(call: Call): Promise<(scale: JsonObject) => JsonObject> {
  if (call.verb !== "patch") {
    const { value } = await decodeBody(call);
    return () => value;
  }
  const patch = await decodePatch(call);
  return (scale) => patch.apply(scale, undefined);
}

function scaleOf(object: KubeObject, mapping: ScaleMapping): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const replicas = readPath(object, mapping.specReplicasPath);
  const observed = readPath(object, mapping.statusReplicasPath);
  const selector = mapping.labelSelectorPath === undefined ? undefined : readPath(object, mapping.labelSelectorPath);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === "number" && replicas !== 0 ? { replicas } : {},
    status: { replicas: observed ?? 0, ...(selector !== undefined && { selector: selectorText(selector) }) },
  };
}

function selectorText(selector: unknown): string {
  if (typeof selector === "string") return selector;
  if (!isJsonObject(selector)) return "";
  const isSelector = "matchLabels" in selector || "matchExpressions" in selector;
  // A replication controller's selector is a plain map.
  const typed: LabelSelector = isSelector ? selector : { matchLabels: selector as Record<string, string> };
  return formatLabelSelector(labelSelectorOf(typed) ?? []);
}

function readPath(object: unknown, path: string): unknown {
  let value = object;
  for (const field of fieldsOf(path)) value = isJsonObject(value) ? value[field] : undefined;
  return value;
}

function writePath(object: UnstructuredObject, path: string, value: unknown): void {
  const fields = fieldsOf(path);
  const last = fields.pop() ?? "";
  let at: JsonObject = object;
  for (const field of fields) {
    const child = at[field];
    const next: JsonObject = isJsonObject(child) ? child : {};
    at[field] = next;
    at = next;
  }
  at[last] = value;
}

/** `.spec.replicas` as CRDs write it, `spec.replicas` as strategies do. */
function fieldsOf(path: string): string[] {
  return path.split(".").filter((field) => field !== "");
}
