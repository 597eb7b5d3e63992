/** What an API server asks a webhook. Kubernetes: admission/v1 AdmissionReview, controller-runtime/pkg/webhook/admission/http.go */
import { messageOf } from "#base/errors.ts";
import { parseJson } from "#base/text/json.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { badRequest } from "#machinery/status-error.ts";

export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly namespace?: string;
  readonly name?: string;
  readonly userInfo: { readonly username: string; readonly groups?: readonly string[] };
  readonly object?: UnstructuredObject | null;
  readonly oldObject?: UnstructuredObject | null;
  readonly dryRun?: boolean;
  /** Of a deletion. */
  readonly options?: { readonly gracePeriodSeconds?: number } | null;
}

export interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: AdmissionRequest;
}

const OPERATIONS = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

/** Throws 400, with the field that is wrong. */
export function parseReview(text: string): AdmissionReview {
  if (text === "") throw badRequest("request body is empty");
  let review: unknown;
  try {
    review = parseJson(text);
  } catch (cause) {
    throw badRequest(`request body is no AdmissionReview: ${messageOf(cause)}`);
  }
  const { kind, apiVersion, request } = objectAt(review, "the body");
  if (kind !== "AdmissionReview" || typeof apiVersion !== "string")
    throw badRequest("request body is no AdmissionReview: kind and apiVersion must say so");
  const asked = objectAt(request, "request");
  requireString(asked["uid"], "request.uid");
  const { operation, userInfo } = asked;
  if (!OPERATIONS.includes(String(operation)))
    throw badRequest(`request.operation: ${JSON.stringify(operation)} is not one of ${OPERATIONS.join(", ")}`);
  const user = objectAt(userInfo, "request.userInfo");
  requireString(user["username"], "request.userInfo.username");
  const groups = user["groups"] ?? [];
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === "string"))
    throw badRequest("request.userInfo.groups: must be a list of strings");
  for (const field of ["namespace", "name"])
    if (asked[field] !== undefined) requireString(asked[field], `request.${field}`);
  for (const field of ["object", "oldObject", "options"])
    if (asked[field] !== undefined && asked[field] !== null) objectAt(asked[field], `request.${field}`);
  // The shape was checked field by field above; what the objects contain is checked by the API server that sends them.
  return review as AdmissionReview;
}

function objectAt(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest(`${field}: must be an object`);
}

function requireString(value: unknown, field: string): void {
  if (typeof value !== "string") throw badRequest(`${field}: must be a string`);
}
