/**
 * An object without what differs between two installations that mean the same: uids, times, keys, addresses, random
 * suffixes, images. What is left is a flat list of fields, so that two of them can be compared line by line.
 */
import type { KubeObject } from "#machinery/meta.ts";

export interface NormalObject {
  /** `Kind namespace/name`. */
  readonly title: string;
  /** Path → value. Elements of lists are named by what identifies them: `status.conditions[Ready].status`. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Of the API server and of kubectl, not of any controller. */
const SYSTEM_FIELDS = new Set([
  "_fieldManagers",
  "creationTimestamp",
  "generateName",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
]);
/** Fields whose name says what the value is. */
const FIELD_VALUES = new Set(["containerID", "containerImage", "image", "imageID", "pod-template-hash", "renewTime"]);
/** What Kubernetes itself writes, by title and path; it differs between its versions. */
const OF_KUBERNETES: readonly (readonly [RegExp, RegExp])[] = [
  [/^Pod liqo-tenant-/, /^(spec|status\.(?!conditions))/],
  [/^(Shadow)?Pod /, /observedGeneration|^status\..*\.(allocatedResources|resources|volumeMounts)/],
  [/^Deployment /, /^(status|metadata\.annotations\.deployment\.kubernetes\.io)/],
  [/EndpointSlice /, /^metadata\.annotations\.endpoints\.kubernetes\.io/],
  [/^Event .*\.SuccessfulReflection$/, /^(count|.*Timestamp|eventTime)$/],
  [/^Event (?!.*\.SuccessfulReflection$)/, /^(?!type|reason|involvedObject|metadata)/],
  [/^Node /, /^(spec\.podCIDR|metadata\.(annotations\.node\.alpha|labels\.beta)\.kubernetes\.io)/],
  [/^Service /, /^spec\.(clusterIP|ipFamil)/],
];
/** The first field that all elements have, each with another value, names them. */
const ELEMENT_NAMES = ["type", "name", "key", "dst", "mountPath", "podIP", "ip"];
/** Of the JSON in last-applied annotations. */
const MIN_JSON_LENGTH = 100;

/** Kubernetes' alphabet for random names and hashes. */
const SAFE = "[bcdfghjklmnpqrstvwxz2456789]";
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Ours tells virtual nodes from others by name: docs/architecture.md.
  [/\bliqo-(cluster-b)\b/g, "$1"],
  [/^-----BEGIN CERTIFICATE-----.*$/s, "<certificate>"],
  [/^<\d+ base64 characters>$/, "<data>"],
  // Keys, certificates, requests; not a hash in hexadecimal digits.
  [/^(?![0-9a-f]{64}$)[A-Za-z0-9+/]{42,}={0,2}$/, "<data>"],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uid>"],
  // The rules that upstream names by chance: ours are named after what they do.
  [/^cluster-[ab]-(incoming|outgoing)-[\d-]+$/, "<uid>"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [new RegExp(`-${SAFE}{6,10}-${SAFE}{5}\\b`, "g"), "-<hash>-<id>"],
  [new RegExp(`\\b(web|csr|liqo-identity|liqo-fabric|kube-api-access)-${SAFE}{5}(?!\\w)`, "g"), "$1-<id>"],
  [new RegExp(`\\b((?:web|vk-cluster-\\w|gw-cluster-\\w))-${SAFE}{6,10}(?![-\\w])`, "g"), "$1-<hash>"],
  [/\bliqo\.[a-z0-9]{10}\b/g, "liqo.<id>"],
  // Addresses that IPAM chose, and those of networks, count.
  [/\b(?!10\.(?:70|71|80)\.|169\.254\.)(?:\d{1,3}\.){2}(?!0\.0)\d{1,3}\.\d{1,3}(?!\d|\/(?!32))(:\d+)?/g, "<address>"],
  [/\b3[0-2]\d{3}\b/g, "<node port>"],
  [/\bliqo-v?\d+\.\d+\.\d+\b/g, "liqo-<version>"],
  [/^v?\d+\.\d+\.\d+(-liqo)?$/, "<version>"],
];

export function normalObject(object: KubeObject): NormalObject {
  const { kind = "", metadata = {} } = object;
  const fields = new Map<string, string>();
  addFields(fields, "", kind === "Secret" ? withoutData(object) : object);
  const name = normalText(kind === "Event" ? eventName(object) : (metadata.name ?? ""));
  const title = `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${name}`;
  for (const path of ["kind", "metadata.name", "metadata.namespace"]) fields.delete(path);
  for (const [ofTitle, ofPath] of OF_KUBERNETES) {
    if (!ofTitle.test(title)) continue;
    for (const path of fields.keys()) if (ofPath.test(path)) fields.delete(path);
  }
  return { title, fields };
}

function normalText(text: string): string {
  if (text.length > MIN_JSON_LENGTH && text.startsWith("{")) return "<JSON>";
  return PATTERNS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** Which keys a Secret has counts, not what is in them. */
function withoutData(secret: KubeObject & { data?: Record<string, string> }): KubeObject {
  return { ...secret, ...{ data: Object.fromEntries(Object.keys(secret.data ?? {}).map((key) => [key, "<data>"])) } };
}

function eventName(event: KubeObject & { involvedObject?: { name?: string }; reason?: string }): string {
  return `${event.involvedObject?.name}.${event.reason}`;
}

function addFields(fields: Map<string, string>, path: string, value: unknown): void {
  if (Array.isArray(value)) {
    addElements(fields, path, value);
    return;
  }
  if (typeof value === "object" && value !== null) {
    for (const [field, member] of Object.entries(value)) {
      if (SYSTEM_FIELDS.has(field)) continue;
      const below = path === "" ? normalText(field) : `${path}.${normalText(field)}`;
      addFields(fields, below, normalMember(path, field, member));
    }
    return;
  }
  // Null and absent are the same to Kubernetes, as are empty lists and objects, which leave no field.
  if (value === undefined || value === null) return;
  // Go writes required fields that are empty; below metadata an empty text is something a person wrote.
  if (value === "" && !path.startsWith("metadata.")) return;
  fields.set(path, typeof value === "string" ? normalText(value) : normalText(JSON.stringify(value)));
}

/** Where the name of the field says what its value is. */
function normalMember(path: string, field: string, member: unknown): unknown {
  if (FIELD_VALUES.has(field)) return `<${field}>`;
  if (field === "observedGeneration") return "<generation>";
  if (path === "status.latency" && field === "value") return "<latency>";
  return member;
}

function addElements(fields: Map<string, string>, path: string, elements: readonly unknown[]): void {
  if (elements.every((element) => typeof element !== "object")) {
    for (const element of elements) fields.set(`${path}[${normalText(String(element))}]`, "present");
    return;
  }
  const name = ELEMENT_NAMES.find((field) => isName(field, elements));
  // Repeated elements say nothing new: upstream's VirtualNode has each condition twice.
  const unique = new Map(elements.map((element) => [JSON.stringify(element), element]));
  for (const [index, element] of [...unique.values()].entries()) {
    const label = name === undefined ? index : normalText(nameOf(name, element) ?? "");
    addFields(fields, `${path}[${label}]`, element);
  }
}

function isName(field: string, elements: readonly unknown[]): boolean {
  const unique = new Set(elements.map((element) => JSON.stringify(element)));
  const names = elements.map((element) => nameOf(field, element));
  return !names.includes(undefined) && new Set(names.map((name) => normalText(name ?? ""))).size === unique.size;
}

function nameOf(field: string, element: unknown): string | undefined {
  if (typeof element !== "object" || element === null) return undefined;
  const value: unknown = Object.entries(element).find(([key]) => key === field)?.[1];
  return typeof value === "string" ? value : undefined;
}
