/** Where two answers to one request differ, after what may differ (uids, revisions, times, chosen names and addresses) is gone. Pure. */
import { parse as parseYaml } from "yaml";
import type { Answer } from "./server.ts";

export interface Difference {
  readonly step: string;
  readonly path: string;
  readonly genuine: string;
  readonly embedded: string;
}

/** A difference that is meant, and why. */
export interface Accepted {
  readonly step: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

const MAX_SHOWN = 400;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TEXT_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [UUID, "<uid>"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, "kube-api-access-<id>"],
  [/\b(127\.0\.0\.1|10\.0\.0\.1):\d+/g, "<server>"],
  [/\bGen_[a-z0-9]{5}\b/g, "Gen_<id>"],
  [/(in record \()\d+/g, "$1<revision>"],
  [/\b10\.97\.\d+\.\d+\b/g, "<cluster IP>"],
  [/(resource version: )\d+( \(\d+\))?/g, "$1<revision>"],
  [/(current: )\d+/g, "$1<revision>"],
];
/** Fields whose name says that the server chose the value. */
const CHOSEN: Readonly<Record<string, RegExp>> = {
  uid: /./,
  resourceVersion: /^\d+$/,
  continue: /./,
  nodePort: /^3[0-2]\d{3}$/,
  healthCheckNodePort: /^3[0-2]\d{3}$/,
  // Ages.
  cells: /^\d+s$/,
};

export function compare(step: string, genuine: Answer, embedded: Answer): Difference[] {
  const [theirs, ours] = [genuine, embedded].map(
    (answer) => `${answer.code} ${JSON.stringify(normal(bodyOf(answer)))}`,
  );
  // The rest would only repeat it.
  if (genuine.code !== embedded.code)
    return [{ step, path: "code", genuine: cut(theirs ?? ""), embedded: cut(ours ?? "") }];
  const pairs: [string, unknown, unknown][] = [
    ["contentType", genuine.contentType, embedded.contentType],
    ["warnings", normal(genuine.warnings), normal(embedded.warnings)],
    ["body", normal(bodyOf(genuine)), normal(bodyOf(embedded))],
  ];
  return pairs.flatMap(([path, left, right]) => leaves(path, left, right).map((leaf) => ({ step, ...leaf })));
}

export function formatDifference({ step, path, genuine, embedded }: Difference): string {
  return `${step}: ${path}: genuine ${genuine}, embedded ${embedded}`;
}

/** The differences that nothing accepts, and the acceptances that nothing needs. */
export function judge(
  found: readonly Difference[],
  accepted: readonly Accepted[],
): { readonly open: Difference[]; readonly idle: Accepted[] } {
  const covers = (entry: Accepted, { step, path }: Difference): boolean =>
    entry.step.test(step) && entry.path.test(path);
  return {
    open: found.filter((difference) => !accepted.some((entry) => covers(entry, difference))),
    idle: accepted.filter((entry) => !found.some((difference) => covers(entry, difference))),
  };
}

function bodyOf({ contentType, text }: Answer): unknown {
  if (contentType === "application/yaml") return parseYaml(text);
  return byName(parse(text));
}

/** Lists of what there is have no order that matters, nor have conflicts, which come out of a Go map. */
function byName(body: unknown): unknown {
  if (!isRecord(body)) return body;
  const { resources, groups, items, kind, details } = body;
  const named = (list: unknown, field: (item: Readonly<Record<string, unknown>>) => unknown): object =>
    Object.fromEntries((list as readonly Readonly<Record<string, unknown>>[]).map((item) => [field(item), item]));
  if (kind === "APIResourceList") return { ...body, resources: named(resources, ({ name }) => name) };
  if (kind === "APIGroupList") return { ...body, groups: named(groups, ({ name }) => name) };
  if (kind === "APIGroupDiscoveryList") {
    const groupsByName = named((items as readonly unknown[]).map(discovered), ({ metadata }) =>
      isRecord(metadata) ? (metadata["name"] ?? "") : "",
    );
    return { ...body, items: groupsByName };
  }
  const { causes } = isRecord(details) ? details : {};
  if (!Array.isArray(causes)) return body;
  // What several of upstream's checks found is told as often.
  const once = [...new Set(causes.map((cause) => JSON.stringify(cause)))];
  const isConflict = isRecord(causes[0]) && causes[0]["reason"] === "FieldManagerConflict";
  const shown = (isConflict ? once.sort() : once).map((cause): unknown => JSON.parse(cause));
  return { ...body, details: { ...(details as object), causes: shown } };

  function discovered(item: unknown): unknown {
    const { versions } = item as { readonly versions: readonly { readonly resources: unknown }[] };
    const shown = versions.map((one) => ({ ...one, resources: named(one.resources, ({ resource }) => resource) }));
    return { ...(item as object), versions: shown };
  }
}

/** One JSON document, a stream of them as a list, or text. */
export function parse(text: string): unknown {
  const lines = text.split("\n").filter((line) => line !== "");
  try {
    return lines.length > 1 && lines[0]?.endsWith("}")
      ? lines.map((line): unknown => JSON.parse(line))
      : JSON.parse(text);
  } catch {
    return text;
  }
}

function normal(value: unknown, field = "", generated = ""): unknown {
  if (Array.isArray(value))
    return (field === "managedFields" ? byManager(value) : value).map((item) => normal(item, field));
  if (typeof value === "object" && value !== null) {
    const base: unknown = "generateName" in value ? value.generateName : generated;
    const entries = Object.entries(value).map(([key, member]) => [
      key,
      normal(member, key, key === "name" && typeof base === "string" ? base : ""),
    ]);
    return Object.fromEntries(entries);
  }
  if (CHOSEN[field]?.test(String(value))) return `<${field}>`;
  if (typeof value !== "string") return value;
  if (generated !== "" && value.startsWith(generated)) return `${generated}<id>`;
  return TEXT_PATTERNS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), value);
}

/** Their order is that of their times, which are whole seconds: when a second ends is not the same for both servers. */
function byManager(entries: readonly unknown[]): unknown[] {
  const keyOf = (entry: unknown): string => {
    const { operation, manager, apiVersion, subresource } = isRecord(entry) ? entry : {};
    return JSON.stringify([operation, manager, apiVersion, subresource]);
  };
  return entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

type Leaf = Omit<Difference, "step">;

function leaves(path: string, genuine: unknown, embedded: unknown): Leaf[] {
  if (isRecord(genuine) && isRecord(embedded)) {
    const keys = [...new Set([...Object.keys(genuine), ...Object.keys(embedded)])];
    return keys.flatMap((key) => leaves(`${path}.${key}`, genuine[key], embedded[key]));
  }
  if (Array.isArray(genuine) && Array.isArray(embedded)) {
    const length = Math.max(genuine.length, embedded.length);
    return Array.from({ length }, (_, i) => leaves(`${path}[${i}]`, genuine[i], embedded[i])).flat();
  }
  return Object.is(genuine, embedded) ? [] : [{ path, genuine: show(genuine), embedded: show(embedded) }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  return cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
