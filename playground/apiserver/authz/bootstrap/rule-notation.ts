/** A short way to write policy rules: words separated by blanks, as the tables beside this file do. */
import type { PolicyRule } from "kubernetes-types/rbac/v1";

export const READ = "get list watch";
export const WRITE = "create update patch delete deletecollection";
export const ALL = `${READ} ${WRITE}`;
/** Stands for the core group, whose name is empty. */
const CORE = "core";

/** `allow("get list", "core apps", "pods deployments")` */
export function allow(verbs: string, groups: string, resources: string, names: string = ""): PolicyRule {
  return {
    verbs: verbs.split(" "),
    apiGroups: groups.split(" ").map((group) => (group === CORE ? "" : group)),
    resources: resources.split(" "),
    ...(names !== "" && { resourceNames: names.split(" ") }),
  };
}

export function allowPaths(verbs: string, paths: string): PolicyRule {
  return { verbs: verbs.split(" "), nonResourceURLs: paths.split(" ") };
}
