/** Groups, versions, kinds and resources. Kubernetes: apimachinery/pkg/runtime/schema/group_version.go */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A resource as clients address it: the REST path and the kind served there. */
export interface Resource<T = unknown> {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `pods`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only carries the object type; never present at run time. */
  readonly _object?: T;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf(gv: { readonly group: string; readonly version: string }): string {
  return gv.group === "" ? gv.version : `${gv.group}/${gv.version}`;
}

export function parseApiVersion(text: string): { group: string; version: string } {
  const slash = text.indexOf("/");
  return slash < 0 ? { group: "", version: text } : { group: text.slice(0, slash), version: text.slice(slash + 1) };
}

/** `pods` or `deployments.apps`: how Kubernetes writes a GroupResource in messages. */
export function formatGroupResource(resource: { readonly group: string; readonly plural: string }): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}
