/**
 * How parts outside the generic handlers join the server: subresources of their own (log, exec, binding, token,
 * approval, …), resources without storage (reviews), authenticators, authorizer and admission plugins.
 * Implemented in authn/, authz/, admission/ and subresources/; server.ts dispatches to them.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/registry/rest/rest.go (Connecter, NamedCreater)
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { Context } from "#base/context.ts";
import type { FieldError } from "#machinery/field-error.ts";
import type { GroupVersionKind, Resource } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import type { AdmissionPlugin, Authenticator, Authorizer, ObjectReader, ObjectWriter, UserInfo } from "./request.ts";

/** What the server offers to the parts built on it. */
export interface ApiServices {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  /** The resource served for a group and plural (any version when omitted, the preferred one first), built-in or custom. */
  findResource(group: string, plural: string, version?: string): Resource | undefined;
}

/** Everything pluggable. All arrays are tried or run in order. */
export interface ApiServerParts {
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionPlugin[];
  readonly connectors: readonly Connector[];
  readonly virtual: readonly VirtualResource[];
}

/** The parsed request of a subresource; authenticated and authorized when a connector sees it. */
export interface ConnectorRequest {
  readonly user: UserInfo;
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What follows the subresource in the path, starting with "/", or "": only proxies have any. */
  readonly subpath: string;
  readonly query: URLSearchParams;
  readonly dryRun: boolean;
}

interface ConnectorBase {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  /** Verbs served and shown in discovery. */
  readonly verbs: readonly string[];
  /** Kind of the body, as discovery shows it: Binding, Eviction, TokenRequest, PodExecOptions, … */
  readonly kind: GroupVersionKind;
}

/** JSON in, JSON out: bindings, evictions, token requests. */
export interface JsonConnector extends ConnectorBase {
  readonly form: "json";
  /** Whether admission runs (CREATE, with this subresource) on the body before `handle`. */
  readonly admission: boolean;
  /** `body` is private to the request and absent on get. Throws a StatusError to refuse. */
  handle(
    ctx: Context,
    request: ConnectorRequest,
    body: UnstructuredObject | undefined,
  ): Promise<{ readonly code: number; readonly body: KubeObject | object }>;
}

/**
 * Another view for writing the main object, read and written whole with get, update and patch: approval, finalize,
 * ephemeralcontainers, resize. Storage, locking, patches, admission and managedFields are the generic handlers'.
 */
export interface ViewConnector extends ConnectorBase {
  readonly form: "view";
  /** Copies from `previous` into `next` whatever this view may not change. */
  prepareForUpdate(next: KubeObject, previous: KubeObject): void;
  validateUpdate?(next: KubeObject, previous: KubeObject): FieldError[];
}

/** Owns the bytes: log, exec, attach, portforward, proxy. Admission runs before with operation CONNECT. */
export interface StreamConnector extends ConnectorBase {
  readonly form: "stream";
  /** Any request without an upgrade. A StatusError thrown before the headers were sent becomes the response. */
  respond(
    ctx: Context,
    request: ConnectorRequest,
    incoming: IncomingMessage | Http2ServerRequest,
    outgoing: ServerResponse | Http2ServerResponse,
  ): Promise<void>;
  /**
   * An HTTP/1.1 upgrade (WebSocket or SPDY), nothing answered yet. A StatusError thrown before anything was written
   * becomes an HTTP response. `ctx` ends when the server does; the connector ends the socket.
   */
  upgrade?(
    ctx: Context,
    request: ConnectorRequest,
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void>;
}

export type Connector = JsonConnector | ViewConnector | StreamConnector;

/** A resource that can only be created and is never stored: SubjectAccessReview, TokenReview, … */
export interface VirtualResource {
  readonly resource: Resource;
  readonly singular: string;
  /** The object answered with 201. `object` is private to the request. */
  create(ctx: Context, user: UserInfo, namespace: string, object: UnstructuredObject): Promise<KubeObject>;
}
