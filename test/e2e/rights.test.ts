/**
 * Every component works with exactly the rights that the chart gives: while Liqo goes through its life, what each
 * identity asks for is read from the API servers' audit logs and compared with its roles, in both directions.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { parseManifest, parseRoles, type Role, template } from "#kit/chart.ts";
import { type Clusters, startClusters } from "#kit/clusters.ts";
import { grantsOf, type Request, requestOf } from "#kit/rights.ts";
import { liveWithRights, NAMES, type Stage } from "./rights-life.ts";
import { UNSEEN } from "./rights-unseen.ts";

type Binding = ClusterRoleBinding | RoleBinding;

describe("rights", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let roles: Role[];
  /** By the label of a role: who has it, as user names and groups. */
  const subjects = new Map<string, Set<string>>();
  const requests: (Request & { readonly stage: Stage })[] = [];

  before(async () => {
    const manifest = await template();
    roles = parseRoles(manifest);
    // Those of a hook are there for the seconds that it runs.
    remember(parseManifest(manifest).filter(({ kind }) => kind?.endsWith("RoleBinding") === true) as Binding[]);
    clusters = await startClusters(...NAMES.map((name) => ({ name, auditLog: true })));
    const seen = new Map(NAMES.map((name) => [name, 0]));
    await liveWithRights(clusters, async (stage) => {
      await rememberSubjects();
      for (const name of NAMES) {
        const events = machineOf(clusters.engine).auditEvents(name);
        const fresh = events.slice(seen.get(name)).flatMap((event) => requestOf(event) ?? []);
        requests.push(...fresh.map((request) => ({ ...request, stage })));
        seen.set(name, events.length);
      }
    });
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  test("each role is somebody's, and whoever has it asks for something", () => {
    for (const role of roles.map(labelOf)) {
      const users = subjects.get(role) ?? new Set();
      assert.ok(users.size > 0, `nobody is bound to ${role}`);
      const isUsed = requests.some((request) => isOf(request, users));
      assert.ok(isUsed || UNSEEN.some((unseen) => unseen.role === role), `${role}: no request of ${[...users]}`);
    }
  });

  test("nothing that a component asks for is refused", () => {
    const all = new Set([...subjects.values()].flatMap((users) => [...users]));
    // Whoever loses its rights, by leaving a peering or by being uninstalled, may ask once more before it stops.
    const refused = requests.filter((request) => request.isDenied && request.stage === "use" && isOf(request, all));
    assert.deepEqual(
      refused.map(({ user, uri }) => `${user}: ${uri}`),
      [],
    );
  });

  test("nothing that a role grants is without use", () => {
    const unused = roles.flatMap((role) => {
      const users = subjects.get(labelOf(role)) ?? new Set();
      const asked = new Set(requests.filter((request) => isOf(request, users)).flatMap(({ grants }) => grants));
      const accepted = UNSEEN.filter((unseen) => unseen.role === labelOf(role)).flatMap(({ grants }) => grants);
      return role.rules
        .flatMap(grantsOf)
        .filter((grant) => !asked.has(grant) && !accepted.includes(grant))
        .map((grant) => `${labelOf(role)}: ${grant}`);
    });
    assert.deepEqual(unused, []);
  });

  test("what is excused from being seen is granted", () => {
    const granted = new Map(roles.map((role) => [labelOf(role), role.rules.flatMap(grantsOf)]));
    const idle = UNSEEN.flatMap(({ role, grants }) =>
      grants.filter((grant) => granted.get(role)?.includes(grant) !== true).map((grant) => `${role}: ${grant}`),
    );
    assert.deepEqual(idle, []);
  });

  async function rememberSubjects(): Promise<void> {
    for (const name of NAMES) {
      const kinds = "clusterrolebindings,rolebindings";
      remember((await clusters.get<{ items: Binding[] }>(name, kinds, "-A")).items);
    }
  }

  function remember(bindings: readonly Binding[]): void {
    const ours = new Set(roles.map(labelOf));
    for (const { roleRef, subjects: bound = [] } of bindings) {
      if (!ours.has(labelOf(roleRef))) continue;
      const users = subjects.get(labelOf(roleRef)) ?? new Set();
      for (const { kind, name: who, namespace } of bound)
        users.add(kind === "ServiceAccount" ? `system:serviceaccount:${namespace}:${who}` : who);
      subjects.set(labelOf(roleRef), users);
    }
  }
});

function labelOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind} ${name}`;
}

function isOf({ user, groups }: Request, names: ReadonlySet<string>): boolean {
  return names.has(user) || groups.some((group) => names.has(group));
}
