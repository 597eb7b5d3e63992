/**
 * /openapi/v3 with one document per group and version, and a /openapi/v2 that carries no more than old checks need.
 * Documents are made on request and not kept: kubectl caches them by the hash in their address.
 * Kubernetes: staging/src/k8s.io/kube-openapi/pkg/handler3/handler.go
 */

import { createHash } from "node:crypto";
import type { Clock } from "#base/clock.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { JsonObject, Schema } from "#machinery/schema/schema.ts";
import { failure } from "#machinery/status-error.ts";
import type { Registry, ServedResource } from "../registry.ts";
import type { RequestInfo } from "../request-info.ts";
import { type Incoming, type Outgoing, sendBytes, sendObject } from "../respond.ts";
import type { BuiltinSchemas } from "./builtin-schemas.ts";
import { pathsOf } from "./paths.ts";

const TITLE = "Kubernetes";
const VERSION = "v1.35.0-liqo";

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export class OpenApiDocuments {
  readonly #registry: Registry;
  readonly #schemas: BuiltinSchemas;
  readonly #clock: Clock;

  constructor(registry: Registry, schemas: BuiltinSchemas, clock: Clock) {
    this.#clock = clock;
    this.#registry = registry;
    this.#schemas = schemas;
  }

  /** Throws 404 for a document that doesn't exist. */
  async serve(
    path: string,
    info: RequestInfo,
    to: { readonly incoming: Incoming; readonly outgoing: Outgoing },
  ): Promise<void> {
    const acceptsGzip = String(to.incoming.headers["accept-encoding"] ?? "").includes("gzip");
    const body = this.#document(path);
    if (body === undefined) throw failure(404, "NotFound", "the server could not find the requested resource", {});
    if (path === "/openapi/v2" && String(to.incoming.headers.accept ?? "").includes("protobuf")) {
      sendBytes(to.outgoing, emptyV2(), "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
      return;
    }
    const isImmutable = info.query.has("hash");
    if (isImmutable) to.outgoing.setHeader("expires", new Date(this.#clock.epochMs() + 365 * 86_400_000).toUTCString());
    await sendObject(to.outgoing, { code: 200, body, acceptsGzip });
  }

  #document(path: string): object | undefined {
    if (path === "/openapi/v2") {
      return { swagger: "2.0", info: { title: TITLE, version: VERSION }, paths: {}, definitions: {} };
    }
    if (path === "/openapi/v3") return { paths: this.#index() };
    const gv = this.#groupVersions().find((candidate) => `/openapi/v3/${pathOf(candidate)}` === path);
    return gv === undefined ? undefined : this.#groupDocument(gv);
  }

  #groupVersions(): GroupVersion[] {
    const found = new Map<string, GroupVersion>();
    const all = [
      ...this.#registry.all().map(({ strategy }) => strategy.resource),
      ...this.#registry.allVirtual().map(({ resource }) => resource),
    ];
    for (const { group, version } of all) found.set(apiVersionOf({ group, version }), { group, version });
    return [...found.values()];
  }

  #index(): JsonObject {
    const paths: JsonObject = {};
    for (const gv of this.#groupVersions()) {
      const hash = createHash("sha256")
        .update(`${apiVersionOf(gv)} ${this.#fingerprint(gv)}`)
        .digest("hex")
        .slice(0, 32);
      paths[pathOf(gv)] = { serverRelativeURL: `/openapi/v3/${pathOf(gv)}?hash=${hash.toUpperCase()}` };
    }
    return paths;
  }

  #served({ group, version }: GroupVersion): ServedResource[] {
    return this.#registry
      .all()
      .filter(({ strategy: { resource } }) => resource.group === group && resource.version === version);
  }

  /** Built-in documents never change while the server runs; custom ones do with their CRDs. */
  #fingerprint(gv: GroupVersion): string {
    return this.#served(gv)
      .map((served) => `${served.strategy.resource.plural}${served.custom ? this.#registry.generation : ""}`)
      .join(" ");
  }

  #groupDocument(gv: GroupVersion): object {
    const schemas: JsonObject = { ...this.#schemas.components(gv) };
    const paths: JsonObject = {};
    for (const served of this.#served(gv)) {
      if (served.custom) schemas[definitionName(served)] = customSchema(served, this.#schemas);
      Object.assign(paths, pathsOf(served));
    }
    return {
      openapi: "3.0.0",
      info: { title: TITLE, version: VERSION },
      paths,
      components: { schemas },
    };
  }
}

/** kubectl asks for it when it meets a kind nobody serves. Schema: github.com/google/gnostic openapiv2/OpenAPIv2.proto */
function emptyV2(): Buffer {
  const field = (number: number, value: string | Buffer): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  };
  const info = Buffer.concat([field(1, TITLE), field(2, VERSION)]);
  return Buffer.concat([field(1, "2.0"), field(2, info)]);
}

function pathOf({ group, version }: GroupVersion): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** `io.liqo.offloading.v1beta1.NamespaceOffloading`: the group's labels reversed. */
function definitionName({ strategy: { resource } }: ServedResource): string {
  return `${resource.group.split(".").reverse().join(".")}.${resource.version}.${resource.kind}`;
}

function customSchema(served: ServedResource, schemas: BuiltinSchemas): object {
  const { group, version, kind } = served.strategy.resource;
  const own: Schema = served.schema() ?? { type: "object" };
  const meta = schemas.objectMeta();
  const description = "Standard object's metadata.";
  // Linked schemas share nodes, and ObjectMeta carries what only the server needs.
  const metadata =
    meta === undefined ? { type: "object" } : { type: "object", description, properties: publishedProperties(meta) };
  return {
    ...own,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      ...own.properties,
      metadata,
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
  };
}

function publishedProperties(schema: Schema): JsonObject {
  const strip = (key: string, value: unknown): unknown => (key === "wire" || key === "goType" ? undefined : value);
  return JSON.parse(JSON.stringify(schema.properties ?? {}, strip)) as JsonObject;
}
