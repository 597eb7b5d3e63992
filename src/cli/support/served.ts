/** Serves the objects of an archive as API servers do, to this process alone and to read: whoever shows a cluster can show it. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeClient } from "#kube/client/client.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type FieldRequirement, matchesLabels, parseFieldSelector, parseLabelSelector } from "#machinery/selector.ts";
import { failure } from "#machinery/status-error.ts";
import type { Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { ArchiveFile } from "./archive.ts";

export interface ServedCluster extends AsyncDisposable {
  readonly name: string;
  readonly access: Cluster;
}

/** Of each cluster of the archive. Throws a CliError when there is none. */
export async function serveArchive(files: readonly ArchiveFile[], liqoNamespace: string): Promise<ServedCluster[]> {
  const names = [...new Set(files.flatMap(({ path }) => OBJECTS.exec(path)?.[1] ?? []))];
  if (names.length === 0)
    throw new CliError("the archive has no objects of a cluster", {
      hint: "give the file that `liqoctl support` wrote",
    });
  const versions = JSON.parse(files.find(({ path }) => path === "versions.json")?.text ?? "{}") as Record<
    string,
    unknown
  >;
  return Promise.all(names.map((name) => serveCluster(readCluster(files, name, versions[name]), liqoNamespace)));
}

/** `milan/objects/liqo/pods.json`, `milan/objects/connections.networking.liqo.io.json` */
const OBJECTS = /^([^/]+)\/objects\/(?:[^/]+\/)?([^/]+)\.json$/;

interface Kept {
  readonly name: string;
  readonly version: string;
  /** By resource, as in the names of files. */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
  /** By `<namespace>/<pod>/<container>`. */
  readonly logs: ReadonlyMap<string, string>;
}

function readCluster(files: readonly ArchiveFile[], name: string, version: unknown): Kept {
  const objects = new Map<string, KubeObject[]>();
  const logs = new Map<string, string>();
  for (const { path, text } of files) {
    if (!path.startsWith(`${name}/`)) continue;
    const resource = OBJECTS.exec(path)?.[2];
    if (resource !== undefined) objects.set(resource, [...(objects.get(resource) ?? []), ...itemsOf(path, text)]);
    else if (path.startsWith(`${name}/logs/`)) logs.set(path.slice(`${name}/logs/`.length, -".log".length), text);
  }
  return { name, version: typeof version === "string" ? version : "", objects, logs };
}

function itemsOf(path: string, text: string): KubeObject[] {
  try {
    const { items } = JSON.parse(text) as { readonly items?: unknown };
    if (Array.isArray(items)) return items.filter((item) => typeof item === "object" && item !== null);
  } catch {
    // Said below.
  }
  throw new CliError(`${path} of the archive is no list of objects`, { hint: "make it anew by `liqoctl support`" });
}

async function serveCluster(kept: Kept, liqoNamespace: string): Promise<ServedCluster> {
  // Other users of this machine reach the port, too.
  const token = randomBytes(24).toString("hex");
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) refuse(response, 401, "Unauthorized");
    else if (request.method !== "GET") refuse(response, 405, "MethodNotAllowed");
    else answer(kept, request, response);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const client = new KubeClient({ server: url, token }, "liqoctl");
  const access = { client, liqoNamespace, server: url, [Symbol.dispose]: () => client[Symbol.dispose]() };
  return { name: kept.name, access, [Symbol.asyncDispose]: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const PATH = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

function answer(kept: Kept, { url = "" }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, "http://archive");
  const [, group = "", namespace, plural = "", name, subresource] = PATH.exec(pathname) ?? [];
  if (pathname === "/version") send(response, { gitVersion: kept.version });
  else if (subresource === "log")
    sendText(response, kept.logs.get(`${namespace}/${name}/${searchParams.get("container")}`));
  else if (plural === "" || subresource !== undefined) send(response, undefined);
  else {
    const all = kept.objects.get(group.endsWith(".liqo.io") ? `${plural}.${group}` : plural) ?? [];
    const here = all.filter(({ metadata }) => namespace === undefined || metadata?.namespace === namespace);
    if (name !== undefined)
      send(
        response,
        here.find(({ metadata }) => metadata?.name === name),
      );
    // Nothing changes any more: a watch is open until somebody closes it.
    else if (searchParams.get("watch") === "true")
      response.writeHead(200, { "Content-Type": "application/json" }).flushHeaders();
    else
      send(response, {
        apiVersion: "v1",
        kind: "List",
        metadata: { resourceVersion: "1" },
        items: selected(here, searchParams),
      });
  }
}

function selected(objects: readonly KubeObject[], asked: URLSearchParams): KubeObject[] {
  const labels = parseLabelSelector(asked.get("labelSelector") ?? "");
  const fields = parseFieldSelector(asked.get("fieldSelector") ?? "");
  return objects.filter(
    (object) => matchesLabels(labels, object.metadata?.labels) && fields.every((field) => matchesField(field, object)),
  );
}

function matchesField({ path, op, value }: FieldRequirement, object: KubeObject): boolean {
  const found = path.split(".").reduce<unknown>(fieldOf, object) ?? "";
  return (String(found) === value) === (op === "=");
}

function fieldOf(from: unknown, name: string): unknown {
  return typeof from === "object" && from !== null && Object.hasOwn(from, name)
    ? (from as Record<string, unknown>)[name]
    : undefined;
}

function send(response: ServerResponse, body: object | undefined): void {
  if (body === undefined) refuse(response, 404, "NotFound");
  else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, text: string | undefined): void {
  if (text === undefined) refuse(response, 404, "NotFound");
  else response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
}

function refuse(response: ServerResponse, code: number, reason: Parameters<typeof failure>[1]): void {
  const { status } = failure(code, reason, "it is not in the archive, or cannot be done with one");
  response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(status));
}
