/** The AdmissionReview sent and the answer read. Kubernetes: apiserver/pkg/admission/plugin/webhook/request */
import type { JsonPatchOperation } from "#machinery/patch/json-patch.ts";
import { parseJsonPatch } from "#machinery/patch/json-patch.ts";
import { type Status, StatusError, type StatusReason } from "#machinery/status-error.ts";
import type { AdmissionRequest } from "../../request.ts";

export interface ReviewAnswer {
  readonly allowed: boolean;
  readonly status: Partial<Status> | undefined;
  readonly patch: readonly JsonPatchOperation[];
  readonly warnings: readonly string[];
}

const API_VERSION = "admission.k8s.io/v1";
/** Kubernetes: webhook/request, warnings are cut. */
const MAX_WARNING_LENGTH = 256;

export function forgeReview(request: AdmissionRequest, uid: string): object {
  return { kind: "AdmissionReview", apiVersion: API_VERSION, request: forgeReviewRequest(request, uid) };
}

/** The `request` of an AdmissionReview; match conditions see it too. */
export function forgeReviewRequest(request: AdmissionRequest, uid: string): Record<string, unknown> {
  const { kind, resource, subresource, name, namespace, operation, user, object, oldObject, dryRun, options } = request;
  const { group, version, plural } = resource;
  const gvr = { group, version, resource: plural };
  const sub = subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource };
  return {
    uid,
    kind,
    resource: gvr,
    requestKind: kind,
    requestResource: gvr,
    ...sub,
    ...(name !== "" && { name }),
    ...(namespace !== "" && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid !== undefined && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra !== undefined && { extra: user.extra }),
    },
    object: object ?? null,
    oldObject: oldObject ?? null,
    dryRun,
    options: Object.keys(options).length === 0 ? null : options,
  };
}

/** Throws a TypeError that says what is wrong with the answer. */
export function parseAnswer(text: string, uid: string): ReviewAnswer {
  const review = parseJson(text);
  if (review.apiVersion !== API_VERSION || review.kind !== "AdmissionReview") {
    throw new TypeError(
      `expected webhook response of ${API_VERSION}, Kind=AdmissionReview, got ${review.apiVersion}, Kind=${review.kind}`,
    );
  }
  const { response } = review;
  if (response === undefined || response === null) throw new TypeError("webhook response was absent");
  if (response.uid !== uid)
    throw new TypeError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
  const patch = response.patch ?? "";
  if (patch !== "" && response.patchType !== "JSONPatch") {
    throw new TypeError(
      `webhook returned response.patch but response.patchType is ${JSON.stringify(response.patchType ?? "")}`,
    );
  }
  return {
    allowed: response.allowed === true,
    status: response.status,
    patch: patch === "" ? [] : parseJsonPatch(Buffer.from(patch, "base64").toString("utf8")),
    warnings: (response.warnings ?? []).map((warning) => warning.slice(0, MAX_WARNING_LENGTH)),
  };
}

/** The refusal in Kubernetes' words. Kubernetes: webhook/errors/statuserror.go (ToStatusErr) */
export function rejection(webhook: string, status: Partial<Status> | undefined): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = status?.message || status?.reason;
  const message = why === undefined ? `${deniedBy} without explanation` : `${deniedBy}: ${why}`;
  const code = Math.max(status?.code ?? 0, 400);
  const reason: StatusReason | undefined = status?.reason;
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason !== undefined && { reason }),
    ...(status?.details !== undefined && { details: status.details }),
    code,
  });
}

interface WireReview {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly response?: {
    readonly uid?: string;
    readonly allowed?: boolean;
    readonly status?: Partial<Status>;
    readonly patch?: string;
    readonly patchType?: string;
    readonly warnings?: readonly string[];
  } | null;
}

function parseJson(text: string): WireReview {
  try {
    return (JSON.parse(text) as WireReview | null) ?? {};
  } catch (cause) {
    throw new TypeError("couldn't decode the response: it is not JSON", { cause });
  }
}
