/** Roles of the chart and the lists of docs/security.md. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { parseRoles, REQUIRED_VALUES, type Role, template, tryTemplate } from "#kit/chart.ts";
import { USED, WITHHELD } from "#kit/peer-rights.ts";
import { grantsOf } from "#kit/rights.ts";
import { withRights } from "#kit/rights-list.ts";

const SECURITY = join(import.meta.dirname, "../../docs/security.md");

let roles: Role[];
before(async () => {
  roles = parseRoles(await template());
});

test("every rule has its reason", () => {
  const silent = roles.flatMap(({ name, rules }) =>
    rules.filter(({ reason }) => reason === "").map(({ resources }) => `${name}: ${resources}`),
  );
  assert.deepEqual(silent, []);
});

test("docs/security.md has the rules as they are (node scripts/rights-list.ts writes them)", () => {
  const document = readFileSync(SECURITY, "utf8");
  assert.equal(withRights(document, roles), document);
});

test("the dashboard reads, and nothing that is secret", async () => {
  const on = { "dashboard.enabled": "true", "dashboard.allowedHosts[0]": "liqo.example.org" };
  const own = parseRoles(await template(on)).filter(({ name }) => name === "liqo-dashboard");
  assert.deepEqual(own.map(({ kind }) => kind).sort(), ["ClusterRole", "Role"]);
  for (const { kind, rules } of own)
    for (const { verbs, resources, reason } of rules) {
      assert.deepEqual([verbs.filter((verb) => !["get", "list", "watch"].includes(verb)), reason === ""], [[], false]);
      // The id of the cluster is in a ConfigMap of Liqo's namespace.
      const secret = ["secrets", "pods/exec", "pods/proxy", ...(kind === "Role" ? [] : ["configmaps"])];
      assert.deepEqual(
        resources.filter((resource) => secret.includes(resource)),
        [],
      );
    }
});

test("the dashboard is not made without a name that it is known by", async () => {
  const { code, stderr } = await tryTemplate({ ...REQUIRED_VALUES, "dashboard.enabled": "true" });
  assert.deepEqual([code === 0, /allowedHosts/.test(stderr)], [false, true]);
});

test("no rule grants everything", () => {
  for (const { name, rules } of roles)
    for (const { verbs, resources, apiGroups } of rules)
      assert.ok(![...verbs, ...resources, ...apiGroups].includes("*"), name);
});

test("peers that run upstream have what their programs use, and nothing that is withheld", () => {
  const missing = USED.flatMap(({ role, grants }) => grants.filter((grant) => !has(role, grant)));
  const given = WITHHELD.flatMap(({ role, grants }) => grants.filter((grant) => has(role, grant)));
  assert.deepEqual({ missing, given }, { missing: [], given: [] });
});

test("docs/security.md says of each withheld right why", () => {
  const document = readFileSync(SECURITY, "utf8");
  for (const { reason } of WITHHELD) assert.ok(document.includes(reason), reason);
});

function has(name: string, grant: string): boolean {
  return roles.some((role) => role.name === name && role.rules.flatMap(grantsOf).includes(grant));
}

test("a role without a place in the document is named, and so is a place without a role", () => {
  const [role] = roles;
  assert.ok(role);
  const label = `${role.kind} ${role.name}`;
  assert.throws(() => withRights("", [role]), new RegExp(`no list for ${label}`));
  const place = "<!-- rights of Role nobody -->\n<!-- end of rights -->";
  assert.throws(() => withRights(place, []), /the chart has no Role nobody/);
});
