/** Rights as single grants, so that what roles give can be compared with what an API server's audit log shows as asked for. */
import type { AuditEvent } from "../engines/engine.ts";
import type { Rule } from "./chart.ts";

/** `patch shadowpods/status.offloading.liqo.io` */
export type Grant = string;

export interface Request {
  readonly user: string;
  readonly groups: readonly string[];
  readonly grants: readonly Grant[];
  readonly isDenied: boolean;
  readonly uri: string;
}

/** A request for a resource; undefined for paths that are none (`/version`). */
export function requestOf({ verb, requestURI, user, objectRef, ...event }: AuditEvent): Request | undefined {
  if (objectRef === undefined) return undefined;
  const { resource, subresource, apiGroup = "" } = objectRef;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const code = event.responseStatus?.code;
  // Applying an object that is not there takes the right to create it as well.
  const verbs = verb === "patch" && code === 201 ? ["patch", "create"] : [verb];
  return {
    user: user.username ?? "",
    groups: user.groups ?? [],
    grants: verbs.map((each) => grantOf(each, apiGroup, what)),
    isDenied: event.annotations?.["authorization.k8s.io/decision"] === "forbid",
    uri: `${verb} ${requestURI}`,
  };
}

/** Everything that a rule grants. */
export function grantsOf({ apiGroups, resources, verbs }: Omit<Rule, "reason">): Grant[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => grantOf(verb, group, resource))),
  );
}

function grantOf(verb: string, group: string, resource: string): Grant {
  return `${verb} ${group === "" ? resource : `${resource}.${group}`}`;
}
