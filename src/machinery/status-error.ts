/**
 * The one error class of the Kubernetes API, shaped like metav1.Status: the server throws it, the client rebuilds it.
 * Kubernetes: apimachinery/pkg/api/errors/errors.go
 */
import type { FieldError } from "./field-error.ts";
import { formatGroupResource } from "./gvk.ts";

export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: Record<string, unknown>;
  status: "Success" | "Failure";
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code?: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

export type StatusReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Expired"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "ServiceUnavailable"
  | "Timeout"
  | "ServerTimeout";

export class StatusError extends Error {
  readonly status: Status;
  /** `https://host:port` of the server that said so; undefined where it is the server that throws. */
  readonly server: string | undefined;

  constructor(status: Status, options: ErrorOptions & { readonly server?: string } = {}) {
    super(status.message ?? status.reason ?? "unknown API error", options);
    this.name = "StatusError";
    this.status = status;
    this.server = options.server;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): StatusReason | undefined {
    return this.status.reason;
  }
}

interface GroupPlural {
  readonly group: string;
  readonly plural: string;
}

/** Without a reason as Go has it for an error that is none of the API's: kubectl then says `Error from server: …`. */
export function failure(
  code: number,
  reason: StatusReason | undefined,
  message: string,
  details?: StatusDetails,
): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    code,
  });
}

export function notFound(resource: GroupPlural, name: string): StatusError {
  return failure(404, "NotFound", `${formatGroupResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: GroupPlural, name: string): StatusError {
  return failure(
    409,
    "AlreadyExists",
    `${formatGroupResource(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

export function conflict(resource: GroupPlural, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${formatGroupResource(resource)} "${name}": ${why}`;
  return failure(409, "Conflict", message, detailsOf(resource, name));
}

/** The optimistic-lock failure, word for word. */
export function modifiedConflict(resource: GroupPlural, name: string): StatusError {
  return conflict(
    resource,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbiddenError(resource: GroupPlural, name: string, why: string): StatusError {
  const what = name === "" ? formatGroupResource(resource) : `${formatGroupResource(resource)} "${name}"`;
  return failure(403, "Forbidden", `${what} is forbidden: ${why}`, detailsOf(resource, name));
}

export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

export function invalidObject(
  gk: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const lines = errors.map((e) => (e.field === "" ? e.message : `${e.field}: ${e.message}`));
  const list = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const kind = gk.group === "" ? gk.kind : `${gk.kind}.${gk.group}`;
  return failure(422, "Invalid", `${kind} "${name}" is invalid: ${list}`, {
    ...(name !== "" && { name }),
    ...(gk.group !== "" && { group: gk.group }),
    kind: gk.kind,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

export const isNotFound = hasReason("NotFound");
export const isAlreadyExists = hasReason("AlreadyExists");
export const isConflict = hasReason("Conflict");
export const isForbidden = hasReason("Forbidden");
export const isInvalid = hasReason("Invalid");
/** The watch or list started from a revision that is no longer kept (410). */
export function isExpired(error: unknown): boolean {
  return error instanceof StatusError && (error.reason === "Expired" || error.reason === "Gone");
}

function hasReason(reason: StatusReason): (error: unknown) => error is StatusError {
  return (error): error is StatusError => error instanceof StatusError && error.reason === reason;
}

function detailsOf(resource: GroupPlural, name: string): StatusDetails {
  return {
    ...(name !== "" && { name }),
    ...(resource.group !== "" && { group: resource.group }),
    kind: resource.plural,
  };
}
