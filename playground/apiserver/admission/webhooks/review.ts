/** The AdmissionReview sent and the answer read. Kubernetes: apiserver/pkg/admission/plugin/webhook/request */
import { messageOf } from "#base/errors.ts";
import { parseJson as parseBoundedJson } from "#base/text/json.ts";
import type { JsonPatchOperation } from "#machinery/patch/json-patch.ts";
import { parseJsonPatch } from "#machinery/patch/json-patch.ts";
import { type Status, StatusError, type StatusReason } from "#machinery/status-error.ts";
import { findJsonSyntaxError } from "../../handlers/go-json.ts";
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

/** `mutating`: only such webhooks may answer with a patch. Throws a TypeError that says what is wrong with the answer. */
export function parseAnswer(text: string, uid: string, mutating: boolean): ReviewAnswer {
  const review = parseJson(text);
  const problem = findProblem(review, uid, mutating);
  if (problem !== undefined) throw new TypeError(`received invalid webhook response: ${problem}`);
  const { allowed, status, patch = "", warnings = [] } = review.response ?? {};
  return {
    allowed: allowed === true,
    status,
    patch: patch === "" ? [] : decodePatch(Buffer.from(patch, "base64").toString("utf8")),
    warnings: warnings.map((warning) => warning.slice(0, MAX_WARNING_LENGTH)),
  };
}

function findProblem({ apiVersion, kind, response }: WireReview, uid: string, mutating: boolean): string | undefined {
  if (response === undefined || response === null) return "webhook response was absent";
  const shown = JSON.stringify(response.uid ?? "");
  if (response.uid !== uid) return `expected response.uid=${JSON.stringify(uid)}, got ${shown}`;
  if (apiVersion !== API_VERSION || kind !== "AdmissionReview")
    return `expected webhook response of ${API_VERSION}, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`;
  const [hasPatch, { patchType }] = [(response.patch ?? "") !== "", response];
  if (!mutating && hasPatch) return "validating webhook may not return response.patch";
  if (!mutating && patchType !== undefined) return "validating webhook may not return response.patchType";
  if (hasPatch && patchType === undefined) return "webhook returned response.patch but not response.patchType";
  if (!hasPatch && patchType !== undefined) return "webhook returned response.patchType but not response.patch";
  return hasPatch && patchType !== "JSONPatch" ? `unsupported patch type ${JSON.stringify(patchType)}` : undefined;
}

function decodePatch(text: string): JsonPatchOperation[] {
  try {
    return parseJsonPatch(text);
  } catch (cause) {
    const why = findJsonSyntaxError(text) ?? messageOf(cause);
    // The cause would be told once more.
    throw new TypeError(`received undecodable patch in webhook response: ${why}`);
  }
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
    return (parseBoundedJson(text) as WireReview | null) ?? {};
  } catch (cause) {
    const why = `couldn't get version/kind; json parse error: ${findJsonSyntaxError(text)}`;
    throw new TypeError(`failed to call webhook: ${why}`, { cause });
  }
}
