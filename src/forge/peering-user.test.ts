import assert from "node:assert/strict";
import { test } from "node:test";
import { forgePeeringUserGrants } from "./peering-user.ts";

const of = {
  consumerId: "milan",
  user: "liqo-peer-user-milan-0123",
  tenantNamespace: "liqo-tenant-milan",
  liqoNamespace: "liqo",
};

test("a peering user has rights in two namespaces, by roles that are its own", () => {
  const grants = forgePeeringUserGrants(of);
  assert.deepEqual(
    grants.map(({ role }) => `${role.metadata?.namespace}/${role.metadata?.name}`),
    ["liqo-tenant-milan/liqo-peer-user-milan-tenant-ns-writer", "liqo/liqo-peer-user-milan-liqo-ns-reader"],
  );
  for (const { role, binding } of grants) {
    assert.deepEqual(binding.metadata, role.metadata);
    assert.equal(role.metadata?.labels?.["liqo.io/peering-user-name"], "liqo-peer-user-milan");
    assert.deepEqual(
      [binding.roleRef.kind, binding.roleRef.name, binding.subjects?.map(({ kind, name }) => `${kind} ${name}`)],
      ["Role", role.metadata?.name, ["User liqo-peer-user-milan-0123"]],
    );
  }
});

test("its rules name what they are about, and Secrets one by one", () => {
  const rules = forgePeeringUserGrants(of).flatMap(({ role }) => role.rules ?? []);
  for (const { apiGroups = [], resources = [], verbs } of rules)
    assert.ok(![...apiGroups, ...resources, ...verbs].includes("*"), JSON.stringify(resources));
  const onSecrets = rules.filter(({ resources }) => resources?.includes("secrets"));
  assert.deepEqual(
    onSecrets.map(({ resourceNames, verbs }) => [resourceNames, verbs]),
    [
      [
        ["liqo-nonce", "gw-milan"],
        ["get", "list", "watch"],
      ],
    ],
  );
});
