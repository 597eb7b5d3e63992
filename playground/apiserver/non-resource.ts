/** Paths that are no resources: health, version, metrics, discovery and OpenAPI. */

import { messageOf } from "#base/errors.ts";
import { METRICS_MEDIA_TYPE } from "#base/metrics.ts";
import { failure } from "#machinery/status-error.ts";
import type { Core } from "./core.ts";
import { aggregated, group, groupList, legacyVersions, resourceList } from "./discovery/discovery.ts";
import type { BuiltinSchemas } from "./openapi/builtin-schemas.ts";
import { OpenApiDocuments } from "./openapi/documents.ts";
import type { RequestInfo } from "./request-info.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { type Incoming, type Outgoing, pageNotFound, sendObject, sendText } from "./respond.ts";

const VERSION = {
  major: "1",
  minor: "35",
  emulationMajor: "1",
  emulationMinor: "35",
  gitVersion: "v1.35.0-liqo",
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};

const HEALTH_PATHS = ["/healthz", "/livez", "/readyz"];
const HEALTH_CHECKS = ["ping", "log", "etcd", "poststarthook/crd-informer-synced", "shutdown"];
const AGGREGATED = /application\/json;(?:[^,]*;)?as=APIGroupDiscoveryList/;

interface PathRequest {
  readonly info: RequestInfo;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly metrics: RequestMetrics;
}

export class NonResourcePaths {
  readonly #core: Core;
  readonly #openApi: OpenApiDocuments;

  constructor(core: Core, schemas: BuiltinSchemas) {
    this.#core = core;
    this.#openApi = new OpenApiDocuments(core.registry, schemas, core.clock);
  }

  /** Throws 404 for a path that isn't served. */
  async serve(request: PathRequest): Promise<void> {
    const { info, outgoing, incoming } = request;
    const path = info.path.length > 1 ? info.path.replace(/\/+$/, "") : info.path;
    if (info.method !== "GET" && info.method !== "HEAD") {
      throw failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
    }
    if (HEALTH_PATHS.some((base) => path === base || path.startsWith(`${base}/`))) return this.#health(request, path);
    if (path === "/metrics") return sendText(outgoing, 200, request.metrics.render(), METRICS_MEDIA_TYPE);
    if (path.startsWith("/openapi/")) return this.#openApi.serve(path, info, { incoming, outgoing });
    const accept = String(incoming.headers.accept ?? "");
    if (AGGREGATED.test(accept) && (path === "/api" || path === "/apis")) {
      const body = aggregated(this.#core.registry, path === "/api");
      const type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
      return sendText(outgoing, 200, JSON.stringify(body), type);
    }
    const body = this.#document(path, incoming);
    if (body === undefined) throw pageNotFound();
    await sendObject(outgoing, { code: 200, body });
  }

  #document(path: string, incoming: Incoming): object | undefined {
    const { registry } = this.#core;
    if (path === "/") return { paths: this.#paths() };
    if (path === "/version") return VERSION;
    if (path === "/api") return legacyVersions(String(incoming.headers.host ?? ""));
    if (path === "/apis") return groupList(registry);
    const parts = path.split("/").slice(1);
    if (parts[0] === "api" && parts.length === 2) return resourceList(registry, { group: "", version: parts[1] ?? "" });
    if (parts[0] !== "apis") return undefined;
    if (parts.length === 2) return group(registry, parts[1] ?? "");
    return parts.length === 3 ? resourceList(registry, { group: parts[1] ?? "", version: parts[2] ?? "" }) : undefined;
  }

  #paths(): string[] {
    const versions = this.#core.registry
      .all()
      .map(({ strategy: { resource } }) =>
        resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`,
      );
    const fixed = [
      "/api",
      "/apis",
      "/healthz",
      "/livez",
      "/metrics",
      "/openapi/v2",
      "/openapi/v3",
      "/readyz",
      "/version",
    ];
    return [...new Set([...fixed, ...versions])].sort();
  }

  #health({ info, outgoing }: PathRequest, path: string): void {
    const [, base = "", check] = path.split("/");
    if (check !== undefined && !HEALTH_CHECKS.includes(check)) {
      throw failure(404, "NotFound", "the server could not find the requested resource", {});
    }
    const problem = this.#storeProblem();
    const lines = HEALTH_CHECKS.map((name) =>
      name === "etcd" && problem !== undefined ? `[-]${name} failed: ${problem}` : `[+]${name} ok`,
    );
    const verbose = info.query.has("verbose") || problem !== undefined;
    const verdict = problem === undefined ? `${base} check passed` : `${base} check failed`;
    sendText(outgoing, problem === undefined ? 200 : 500, verbose ? `${lines.join("\n")}\n${verdict}\n` : "ok");
  }

  #storeProblem(): string | undefined {
    try {
      this.#core.store.get("/registry/core/namespaces/default");
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }
}
