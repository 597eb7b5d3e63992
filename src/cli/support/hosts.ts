/** Which words of a cluster's objects are names of hosts. Pure. */
import * as labels from "#api/labels.ts";
import { isIpv4Like } from "./addresses.ts";

/** Fields whose values are names of hosts, or URLs, where they have a dot: without one they are names of pods or objects. */
const HOST_FIELDS = new Set([
  "hostname",
  "host",
  "apiServerUrl",
  "apiServer",
  "foreignProxyUrl",
  "proxyURL",
  "externalName",
]);
/** A node is called as its host mostly is. */
const NODE_FIELDS = new Set(["nodeName"]);
const HOST_LABEL = "kubernetes.io/hostname";
const MOST_DEPTH = 64;
/** Of images, the part before the first slash, where it is a host. */
const REGISTRY = /^([a-z0-9.-]+\.[a-z]{2,}|[a-z0-9.-]+(?=:\d+\/))(?::\d+)?\//i;

interface Named {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
}

export function hostsOf(objects: readonly Named[]): Set<string> {
  // Virtual nodes are called after what stands for them, not after a host.
  const virtual = new Set(objects.filter(isVirtual).map(({ metadata }) => metadata?.name ?? ""));
  const hosts = new Set<string>();
  const add = (text: string): void => {
    const name = hostIn(text);
    if (name !== undefined && !virtual.has(name)) hosts.add(name);
  };
  for (const object of objects) {
    if (object.kind === "Node") add(object.metadata?.name ?? "");
    add(object.metadata?.labels?.[HOST_LABEL] ?? "");
    collect(object, add, 0);
  }
  return hosts;
}

function isVirtual({ kind, metadata }: Named): boolean {
  return kind === "Node" && metadata?.labels?.[labels.TYPE] === labels.TYPE_VIRTUAL_NODE;
}

function collect(value: unknown, add: (text: string) => void, depth: number): void {
  if (typeof value !== "object" || value === null || depth > MOST_DEPTH) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "string" && (NODE_FIELDS.has(name) || (HOST_FIELDS.has(name) && inner.includes("."))))
      add(inner);
    if (name === "image" && typeof inner === "string") add(REGISTRY.exec(inner)?.[1] ?? "");
    if (name === "addresses" && Array.isArray(inner)) for (const each of inner) add(addressOf(each));
    collect(inner, add, depth + 1);
  }
}

/** Of a Node, an endpoint or a gateway. */
function addressOf(entry: unknown): string {
  if (typeof entry === "string") return entry;
  const address = typeof entry === "object" && entry !== null && "address" in entry ? entry.address : undefined;
  return typeof address === "string" ? address : "";
}

/** The host of a URL, of `host:port`, or the word itself; undefined for an address. */
export function hostIn(text: string): string | undefined {
  const name = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([a-z0-9][a-z0-9.-]*)(?::\d+)?(?:\/.*)?$/i.exec(text)?.[1];
  return name === undefined || isIpv4Like(name) ? undefined : name;
}
