/**
 * The stages of a request after it was parsed: who asks (Authenticator), may they (Authorizer), is the object
 * acceptable (AdmissionPlugin). server.ts runs them in this order; authn/, authz/ and admission/ implement them.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/{authentication,authorization,admission}
 */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Context } from "#base/context.ts";
import type { GroupVersionKind, Resource } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";

export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Authenticator {
  /** The user; `undefined` when the request carries no credential known to this authenticator. Throws StatusError 401 when it carries a bad one. */
  authenticate(request: IncomingMessage | Http2ServerRequest): Promise<UserInfo | undefined>;
}

export interface RequestAttributes {
  readonly user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection, or the lower-case HTTP method of a non-resource request. */
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** URL path without query. */
  readonly path: string;
}

export interface Authorizer {
  authorize(attributes: RequestAttributes): { readonly allowed: boolean; readonly reason: string };
}

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly resource: Resource;
  readonly kind: GroupVersionKind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Private to this request: mutating plugins change or replace it. Absent on DELETE. */
  object: UnstructuredObject | undefined;
  readonly oldObject: UnstructuredObject | undefined;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions as sent. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  /** Plugins add messages for the client's `Warning` headers. */
  readonly warnings: string[];
  /** Plugins add to the request's audit event, where a log is kept. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
}

/** Both phases throw a StatusError to refuse. All `admit` run before the object is validated, all `validate` after. */
export interface AdmissionPlugin {
  readonly name: string;
  handles(request: AdmissionRequest): boolean;
  admit?(ctx: Context, request: AdmissionRequest): Promise<void>;
  validate?(ctx: Context, request: AdmissionRequest): Promise<void>;
}

/** The latest committed state, for plugins, authorizers and subresources of the same process. Objects are frozen. */
export interface ObjectReader {
  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined;
  /** All namespaces when `namespace` is "". */
  list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly T[];
  /** Calls back after each committed change of the resource, until the signal ends. */
  onChange(
    resource: Resource,
    signal: AbortSignal,
    changed: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void,
  ): void;
}

/**
 * Writes made by the server itself on behalf of a subresource (binding, eviction, token, …): full pipeline without
 * authentication and authorization.
 */
export interface ObjectWriter {
  create<T extends KubeObject>(ctx: Context, resource: Resource<T>, namespace: string, object: T): Promise<T>;
  /** Reads, changes a private copy and writes it with a resourceVersion precondition; repeats on conflict. */
  change<T extends KubeObject>(
    ctx: Context,
    resource: Resource<T>,
    namespace: string,
    name: string,
    /** "": all but status; "status"; any other name writes the object whole, past the rules of the main resource. */
    subresource: string,
    mutate: (object: T) => T | undefined,
  ): Promise<T>;
  delete(
    ctx: Context,
    resource: Resource,
    namespace: string,
    name: string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<KubeObject>;
}
