/**
 * Where an API server is and how to identify oneself there, from a kubeconfig.
 * Kubernetes: client-go/rest/config.go, client-go/tools/clientcmd
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { messageOf } from "#base/errors.ts";
import { parseJson } from "#base/text/json.ts";
import { parseYaml } from "#base/text/yaml.ts";

// What fits into a Secret; the largest kubeconfigs that people keep have some hundred clusters.
const MAX_LENGTH = 1024 * 1024;

export interface ClusterConfig {
  /** `https://host:port`, without a trailing slash; a path prefix is allowed. */
  readonly server: string;
  /** PEM bundle; undefined: the system's roots. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Read again when a minute old, because projected tokens rotate. */
  readonly tokenFile?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  /** `http://host:port` of a proxy, asked by CONNECT for the way to the server; it sees what is encrypted for the latter. */
  readonly proxyUrl?: string;
  /** Namespace of the context or of the pod. */
  readonly namespace?: string;
}

export interface NamedItem {
  name: string;
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: { cluster?: string; user?: string; namespace?: string };
}

export interface Kubeconfig {
  "current-context"?: string;
  clusters?: NamedItem[];
  users?: NamedItem[];
  contexts?: NamedItem[];
}

export interface KubeconfigSelection {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
}

/** What a kubeconfig lacks or contradicts; the message names file, entry and field. */
export class KubeconfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KubeconfigError";
  }
}

/** The configuration of a kubeconfig file, for its current context unless told otherwise. */
export function configFromFile(path: string, select: KubeconfigSelection = {}): ClusterConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new KubeconfigError(`kubeconfig ${path}: cannot be read`, { cause });
  }
  return configFromKubeconfig(parseKubeconfig(text, path), select, path);
}

/** As configFromFile for what is parsed already; relative file names are taken from the folder of `origin`. */
export function configFromKubeconfig(config: Kubeconfig, select: KubeconfigSelection, origin: string): ClusterConfig {
  const contextName = select.context ?? config["current-context"];
  const context = config.contexts?.find((item) => item.name === contextName)?.context;
  if (context === undefined && select.cluster === undefined) {
    throw new KubeconfigError(
      contextName === undefined || contextName === ""
        ? `${origin}: no current-context is set; choose one with --context`
        : `${origin}: context "${contextName}" does not exist`,
    );
  }
  const cluster = findNamed(config.clusters, select.cluster ?? context?.cluster, "cluster", origin).cluster ?? {};
  const userName = select.user ?? context?.user;
  const user = userName === undefined ? {} : (findNamed(config.users, userName, "user", origin).user ?? {});
  for (const method of ["exec", "auth-provider"]) {
    if (user[method] !== undefined)
      throw new KubeconfigError(
        `${origin}: user "${userName}" has ${method}, which is not supported yet; use a client certificate or a token`,
      );
  }
  const server = text_(cluster["server"]);
  if (server === undefined)
    throw new KubeconfigError(`${origin}: the cluster of context "${contextName}" has no server`);
  if (!URL.canParse(server) || !/^https?:/.test(server))
    throw new KubeconfigError(
      `${origin}: server "${server}" of context "${contextName}" must be a URL such as https://10.0.0.1:6443`,
    );
  const folder = dirname(resolve(origin));
  return compact({
    server: server.replace(/\/+$/, ""),
    ca: pem(cluster, "certificate-authority", folder),
    cert: pem(user, "client-certificate", folder),
    key: pem(user, "client-key", folder),
    token: text_(user["token"]),
    tokenFile: text_(user["tokenFile"]),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true ? true : undefined,
    tlsServerName: text_(cluster["tls-server-name"]),
    proxyUrl: proxyUrlOf(cluster, origin),
    namespace: context?.namespace,
  });
}

function proxyUrlOf(cluster: Record<string, unknown>, origin: string): string | undefined {
  const url = text_(cluster["proxy-url"]);
  if (url !== undefined && URL.parse(url)?.protocol !== "http:")
    throw new KubeconfigError(
      `${origin}: proxy-url "${url.slice(0, 200)}" must be a URL such as http://10.70.0.3:8118; https and socks5 are not supported yet`,
    );
  return url;
}

/** JSON or YAML; throws a KubeconfigError for whatever cannot be looked into. */
export function parseKubeconfig(text: string, origin: string): Kubeconfig {
  const value = parseText(text, origin);
  if (typeof value !== "object" || value === null || !("clusters" in value)) {
    throw new KubeconfigError(`${origin}: is not a kubeconfig (no clusters)`);
  }
  requireLists(value as Record<string, unknown>, origin);
  return value as Kubeconfig;
}

/** What the lists of a kubeconfig are looked up by; anything else in it is read as text where it is one. */
function requireLists(config: Readonly<Record<string, unknown>>, origin: string): void {
  for (const [list, field] of [
    ["clusters", "cluster"],
    ["users", "user"],
    ["contexts", "context"],
  ] as const) {
    const items: unknown = config[list] ?? [];
    if (!Array.isArray(items)) throw new KubeconfigError(`${origin}: ${list} must be a list`);
    for (const [i, item] of items.entries()) {
      const inside = isObject(item) ? (item[field] ?? {}) : undefined;
      if (!isObject(inside)) throw new KubeconfigError(`${origin}: ${list}[${i}] must have a name and a ${field}`);
      const problem = ["cluster", "user", "namespace"].find((name) => !isTextOrAbsent(inside[name]));
      if (field === "context" && problem !== undefined)
        throw new KubeconfigError(`${origin}: contexts[${i}].context.${problem} must be a text`);
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

/** What programs write is JSON, and that one file of YAML would make V8 load its optimizing compiler. */
function parseText(text: string, origin: string): unknown {
  if (text.length > MAX_LENGTH) throw new KubeconfigError(`${origin}: is longer than ${MAX_LENGTH} characters`);
  try {
    return parseJson(text);
  } catch {
    // YAML, then.
  }
  try {
    return parseYaml(text);
  } catch (cause) {
    throw new KubeconfigError(`${origin}: is not valid YAML: ${messageOf(cause)}`, { cause });
  }
}

function findNamed(items: NamedItem[] | undefined, name: string | undefined, what: string, origin: string): NamedItem {
  const found = items?.find((item) => item.name === name);
  if (found === undefined) throw new KubeconfigError(`${origin}: ${what} "${name ?? ""}" does not exist`);
  return found;
}

function pem(source: Record<string, unknown>, field: string, folder: string): string | undefined {
  const inline = text_(source[`${field}-data`]);
  if (inline !== undefined) return Buffer.from(inline, "base64").toString("utf8");
  const path = text_(source[field]);
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(folder, path), "utf8");
  } catch (cause) {
    throw new KubeconfigError(`${field}: cannot read ${resolve(folder, path)}`, { cause });
  }
}

function text_(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function compact(config: { [K in keyof ClusterConfig]: ClusterConfig[K] | undefined }): ClusterConfig {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as ClusterConfig;
}
