/**
 * GET of one object and of a collection: selectors, pages over one snapshot, resourceVersion semantics.
 * Kubernetes: apiserver/pkg/endpoints/handlers/get.go, apiserver/pkg/storage/continue.go
 */

import { notSupported } from "#machinery/field-error.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isJsonObject } from "#machinery/schema/schema.ts";
import { badRequest, failure, invalidObject, notFound } from "#machinery/status-error.ts";
import { type Entry, StoreError } from "#playground/store/store.ts";
import { type Call, type Core, inVersion, keyFor, keyPrefix, type Reply } from "../core.ts";
import { findJsonSyntaxError } from "./go-json.ts";
import { parseSelection } from "./selection.ts";

export function handleGet(core: Core, call: Call): Reply {
  const wanted = parseRevision(call.query.get("resourceVersion") ?? "");
  if (wanted > core.store.revision) throw tooLarge(wanted, core.store.revision);
  const entry = core.store.get(keyFor(call.served, call.namespace, call.name));
  if (entry === undefined) throw notFound(call.served.strategy.resource, call.name);
  return { code: 200, body: inVersion(call.served, entry.value) };
}

export function handleList(core: Core, call: Call): Reply {
  const { entries, revision, next, remaining } = selectEntries(core, call);
  const { resource } = call.served.strategy;
  const body = {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(revision),
      ...(next !== undefined ? { continue: next } : call.served.custom && { continue: "" }),
      ...(remaining !== undefined && { remainingItemCount: remaining }),
    },
    items: entries.map((entry) => listItem(call, entry.value)),
  };
  return { code: 200, body };
}

/** Items of built-in lists name no kind: the list does. */
export function listItem(call: Call, object: KubeObject): KubeObject {
  const shown = inVersion(call.served, object);
  if (call.served.custom) return shown;
  const { apiVersion: _apiVersion, kind: _kind, ...item } = shown;
  return item;
}

export interface Page {
  readonly entries: readonly Entry<KubeObject>[];
  readonly revision: number;
  readonly next?: string;
  readonly remaining?: number;
}

interface Continuation {
  readonly revision: number;
  /** The first key of the next page is greater than this. */
  readonly after: string;
}

export function selectEntries(core: Core, call: Call): Page {
  const { query } = call;
  const selection = parseSelection(call.served.strategy, query);
  const limit = Math.max(0, parseInteger(query.get("limit")));
  parseInteger(query.get("timeoutSeconds"));
  const token = query.get("continue") ?? "";
  if (token !== "" && (query.get("resourceVersion") ?? "") !== "") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const continuation = token === "" ? undefined : parseContinue(token);
  const prefix = keyPrefix(call.served, call.namespace);
  const revision = continuation?.revision ?? snapshotRevision(core, query);
  const all = snapshot(core, { prefix, revision, isPage: continuation !== undefined });
  const after = continuation === undefined ? "" : prefix + continuation.after;
  const rest = after === "" ? all : all.filter((entry) => entry.key > after);
  const matching = selection.isEverything ? rest : rest.filter((entry) => selection.matches(entry.value));
  if (limit === 0 || matching.length <= limit) return { entries: matching, revision };
  const entries = matching.slice(0, limit);
  const last = entries.at(-1)?.key.slice(prefix.length) ?? "";
  const next = formatContinue({ revision, after: last });
  // With selectors Kubernetes doesn't know how many remain.
  return { entries, revision, next, ...(selection.isEverything && { remaining: matching.length - limit }) };
}

/** A number of a query; 0 when it is not there. Throws 400. */
export function parseInteger(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function snapshotRevision(core: Core, query: URLSearchParams): number {
  const text = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  if (match !== "" && text === "") {
    throw invalidListOptions(`resourceVersionMatch is forbidden unless resourceVersion is provided`);
  }
  if (!["", "Exact", "NotOlderThan"].includes(match)) {
    const error = notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]);
    throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", [error]);
  }
  const wanted = parseRevision(text, true);
  if (match === "Exact") {
    if (wanted === 0) throw invalidListOptions(`resourceVersionMatch "exact" is forbidden for resourceVersion "0"`);
    return wanted;
  }
  // Memory is always current, so "not older than" is now, and a revision of the future is the client's mistake.
  if (wanted > core.store.revision) throw tooLarge(wanted, core.store.revision);
  return core.store.revision;
}

function invalidListOptions(detail: string): Error {
  const error = {
    reason: "FieldValueForbidden",
    field: "resourceVersionMatch",
    message: `Forbidden: ${detail}`,
  } as const;
  return invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", [error]);
}

/** A resource version as a number; "" is 0. Throws 400, or 500 as upstream does where one object or a watch is asked for. */
export function parseRevision(text: string, isList = false): number {
  if (text === "") return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const shown = JSON.stringify(text);
  const why = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`;
  throw isList ? badRequest(`invalid resource version: ${why}`) : failure(500, undefined, why);
}

function tooLarge(wanted: number, current: number): Error {
  return failure(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function expired(message: string): Error {
  return failure(410, "Expired", message);
}

function snapshot(
  core: Core,
  from: { readonly prefix: string; readonly revision: number; readonly isPage: boolean },
): Entry<KubeObject>[] {
  try {
    return core.store.list(from.prefix, from.revision);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.reason === "future") throw tooLarge(from.revision, core.store.revision);
    if (!from.isPage) throw expired(error.message);
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
}

function formatContinue(continuation: Continuation): string {
  const { revision, after } = continuation;
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: after })).toString("base64url");
}

const INVALID_TOKEN = "invalid continue token: continue key is not valid";

function parseContinue(token: string): Continuation {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (isJsonObject(value) && typeof value.rv === "number" && typeof value.start === "string") {
      return { revision: value.rv, after: value.start };
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw badRequest(`${INVALID_TOKEN}: ${findJsonSyntaxError(Buffer.from(token, "base64url"))}`);
  }
  throw badRequest(`${INVALID_TOKEN}: incorrect encoded start resourceVersion`);
}
