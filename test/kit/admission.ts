/** What an API server asks a webhook, and what it is told. */
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import type { AdmissionAnswer } from "#kube/webhook-server/server.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";

const USER = { username: "alice", groups: ["system:authenticated"] };

/** The creation of an object, or its change when `before` is given. */
export function admissionRequest(object: object, before?: object): AdmissionRequest {
  const { metadata } = object as UnstructuredObject;
  return {
    uid: "1",
    operation: before === undefined ? "CREATE" : "UPDATE",
    userInfo: USER,
    object: object as UnstructuredObject,
    oldObject: (before ?? null) as UnstructuredObject | null,
    ...(metadata?.name !== undefined && { name: metadata.name }),
    ...(metadata?.namespace !== undefined && { namespace: metadata.namespace }),
  };
}

/** The refusal, or the warnings of what is allowed. */
export function wordsOf(answer: AdmissionAnswer): string {
  return answer.allowed ? (answer.warnings ?? []).join("\n") : (answer.message ?? "");
}
