/** Which rights come and go with the rules of a role that changes. Pure. */
import type { ClusterRole, PolicyRule, Role } from "kubernetes-types/rbac/v1";
import type { Right } from "../model.ts";
import { titleOf } from "../model.ts";

/** Verbs by what they are allowed on. */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

export function changedRights(cluster: string, before: ClusterRole | Role, after: ClusterRole | Role): Right[] {
  const [had, has] = [grantsOf(before.rules), grantsOf(after.rules)];
  const { namespace } = after.metadata ?? {};
  const place = { cluster, to: titleOf(after), ...(namespace !== undefined && { namespace }) };
  return [
    ...missingFrom(had, has).map((role): Right => ({ ...place, verb: "grant", role })),
    ...missingFrom(has, had).map((role): Right => ({ ...place, verb: "revoke", role })),
  ];
}

function grantsOf(rules: readonly PolicyRule[] | undefined): Grants {
  const grants = new Map<string, Set<string>>();
  for (const rule of rules ?? [])
    for (const target of targetsOf(rule)) {
      const verbs = grants.get(target) ?? new Set();
      grants.set(target, verbs);
      for (const verb of rule.verbs) verbs.add(verb);
    }
  return grants;
}

function targetsOf({ apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string[] {
  const named = resources.flatMap((resource) =>
    apiGroups.map((group) => (group === "" ? resource : `${resource}.${group}`)),
  );
  const single =
    resourceNames.length === 0 ? named : named.flatMap((target) => resourceNames.map((name) => `${target}/${name}`));
  return [...single, ...nonResourceURLs];
}

/** What `has` has and `had` had not: `get, list pods`. */
function missingFrom(had: Grants, has: Grants): string[] {
  return [...has].flatMap(([target, verbs]) => {
    const anew = [...verbs].filter((verb) => !had.get(target)?.has(verb));
    return anew.length === 0 ? [] : [`${anew.join(", ")} ${target}`];
  });
}
