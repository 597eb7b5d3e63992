/** The lists of rights in docs/security.md: one per role, between two comments that name it. */
import type { Role, Rule } from "./chart.ts";

const END = "<!-- end of rights -->";

/** The document with every list as the roles say. Throws when a role has no place in it, or a place no role. */
export function withRights(document: string, roles: readonly Role[]): string {
  const wanted = new Map(roles.map((role) => [`${role.kind} ${role.name}`, role]));
  const places = new Set<string>();
  const written = document.replaceAll(
    /(<!-- rights of (.+?) -->\n)[\s\S]*?(<!-- end of rights -->)/g,
    (_all, begin: string, name: string) => {
      const role = wanted.get(name);
      if (role === undefined) throw new Error(`"${begin.trim()}": the chart has no ${name}`);
      places.add(name);
      return `${begin}\n${listOf(role)}\n${END}`;
    },
  );
  const missing = [...wanted.keys()].filter((name) => !places.has(name));
  if (missing.length > 0)
    throw new Error(`no list for ${missing.join(", ")}: add "<!-- rights of <kind> <name> -->" and "${END}"`);
  return written;
}

function listOf({ rules }: Role): string {
  return rules.map((rule) => `- **${objectsOf(rule)}**: ${rule.verbs.join(", ")}. ${rule.reason}\n`).join("");
}

/** `pods/log, pods`; `ips` (ipam.liqo.io); with names, where the rule holds for these only. */
function objectsOf({ apiGroups, resources, resourceNames }: Rule): string {
  const groups = apiGroups.filter((group) => group !== "");
  const suffix = groups.length === 0 ? "" : ` (${groups.join(", ")})`;
  const names = resourceNames === undefined ? "" : `: ${resourceNames.map((name) => `\`${name}\``).join(", ")}`;
  return `${resources.join(", ")}${suffix}${names}`;
}
