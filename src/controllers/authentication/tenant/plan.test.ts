import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tenant } from "#api/authentication/tenant.ts";
import { planTenant } from "./plan.ts";

const tenant = (spec: Partial<Tenant["spec"]> = {}, metadata: object = {}): Tenant => ({
  metadata: { name: "milan", ...metadata },
  spec: { clusterID: "milan", ...spec },
});
const GOING = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const admitted = { do: "admit", hasHandshake: true, hasRights: true, isCordoned: false };

for (const [name, expected, of, peer] of [
  ["is admitted in its consumer's tenant namespace", admitted, tenant(), "milan"],
  ["anywhere else it is not", { do: "misplaced" }, tenant(), undefined],
  ["nor in another peer's", { do: "misplaced" }, tenant(), "rome"],
  ["cordoned keeps its rights", { ...admitted, isCordoned: true }, tenant({ tenantCondition: "Cordoned" }), "milan"],
  ["drained loses them", { ...admitted, hasRights: false }, tenant({ tenantCondition: "Drained" }), "milan"],
  [
    "needs no handshake where it is tolerated",
    { ...admitted, hasHandshake: false },
    tenant({ authzPolicy: "TolerateNoHandshake" }),
    "milan",
  ],
  ["on its way out is released", { do: "release" }, tenant({}, GOING), "milan"],
  ["also where it should not be", { do: "release" }, tenant({}, GOING), undefined],
  ["that is gone is nothing to do", { do: "nothing" }, undefined, "milan"],
] as const) {
  test(`a Tenant ${name}`, () => assert.deepEqual(planTenant(of, peer), expected));
}
