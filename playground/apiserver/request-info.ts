/**
 * What a URL asks for: resource, subresource, namespace, name and verb.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly method: string;
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  /** What follows the subresource, with its leading slash. */
  readonly subpath: string;
  readonly namespace: string;
  readonly name: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Subresources of a namespace itself; anything else below a namespace is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);

export function parseRequestInfo(method: string, url: string): RequestInfo {
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : url.slice(question + 1));
  const base = { path, query, method, subpath: "" };
  const nothing = { group: "", version: "", plural: "", subresource: "", namespace: "", name: "" };
  const nonResource: RequestInfo = { ...base, ...nothing, verb: method.toLowerCase(), isResource: false };
  const parts = path.split("/").filter((part) => part !== "");
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return nonResource;
  const head = isCore ? 2 : 3;
  if (parts.length <= head) return nonResource;
  const group = isCore ? "" : (parts[1] ?? "");
  const version = parts[head - 1] ?? "";
  const rest = parts.slice(head);
  const legacyWatch = rest[0] === "watch";
  const target = parseTarget((legacyWatch ? rest.slice(1) : rest).map(decode));
  if (target.plural === "") return nonResource;
  const verb = legacyWatch ? "watch" : verbOf(method, target.name, query);
  return { ...base, ...target, group, version, isResource: true, verb };
}

interface Target {
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
  readonly subpath: string;
}

function parseTarget(parts: readonly string[]): Target {
  let namespace = "";
  let rest = parts;
  if (parts[0] === "namespaces" && parts[1] !== undefined) {
    namespace = parts[1];
    if (parts[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(parts[2])) rest = parts.slice(2);
  }
  const [plural = "", name = "", subresource = "", ...more] = rest;
  const subpath = more.length === 0 ? "" : `/${more.join("/")}`;
  return { namespace, plural, name, subresource, subpath };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (verb === "delete" && name === "") return "deletecollection";
  if (verb !== "get") return verb;
  const watch = query.get("watch");
  if (name === "") return isTrue(watch) ? "watch" : "list";
  return verb;
}

export function isTrue(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray percent sign is no encoding: the name is taken as written and will not be found.
    return part;
  }
}
