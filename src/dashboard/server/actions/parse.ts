/** What a page asks to be done: exactly one of the actions there are, or nothing. */
import { messageOf } from "#base/errors.ts";
import { parseJson } from "#base/text/json.ts";
import type { ItemKind } from "../../model/items.ts";
import type { Action, ActionRequest } from "../../model/protocol.ts";
import { Refusal } from "../http/answers.ts";
import { type ParsedKey, parseItemKey } from "../http/query.ts";

const KIND_OF: Readonly<Record<Action["action"], ItemKind>> = {
  "delete-pod": "pod",
  cordon: "node",
  uncordon: "node",
  scale: "workload",
  offload: "namespace",
  unoffload: "namespace",
  cut: "peering",
  heal: "peering",
  "stop-cluster": "cluster",
  "start-cluster": "cluster",
};

const MOST_REPLICAS = 1_000;

/** Throws a Refusal that names the field. */
export function parseActionRequest(text: string): ActionRequest & { readonly parsed: ParsedKey } {
  const { request, plan } = objectIn(read(text), "the body");
  if (typeof plan !== "boolean") throw new Refusal(400, "plan must be true or false");
  const { action, key, replicas } = objectIn(request, "request");
  if (typeof action !== "string" || !Object.hasOwn(KIND_OF, action))
    throw new Refusal(400, `request.action must be one of ${Object.keys(KIND_OF).join(", ")}`);
  // It is one of the names.
  const name = action as Action["action"];
  const parsed = typeof key === "string" ? parseItemKey(key) : undefined;
  if (typeof key !== "string" || parsed?.kind !== KIND_OF[name])
    throw new Refusal(400, `request.key must be the key of a ${KIND_OF[name]}`);
  if (name !== "scale") return { request: { action: name, key }, plan, parsed };
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0 || replicas > MOST_REPLICAS)
    throw new Refusal(400, `request.replicas must be a whole number from 0 to ${MOST_REPLICAS}`);
  return { request: { action: name, key, replicas }, plan, parsed };
}

function read(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new Refusal(400, `the body is no JSON: ${messageOf(cause)}`, { cause });
  }
}

function objectIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refusal(400, `${what} must be an object`);
  return value as Record<string, unknown>;
}
