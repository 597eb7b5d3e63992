import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import { answeredStatus, deniedStatus } from "./status.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const settings = { defaultNodeResources: { cpu: "4", pods: "110" }, clusterLabels: {} };
const authParams = { apiServer: "https://rome.test", signedCRT: "CRT" };
const slice = (changes: Partial<ResourceSlice["spec"]> = {}, status?: ResourceSlice["status"]): ResourceSlice => ({
  metadata: { name: "s" },
  spec: { consumerClusterID: "milan", ...changes },
  ...(status !== undefined && { status }),
});
const tenant = (tenantCondition: "Active" | "Cordoned"): Tenant => ({ spec: { clusterID: "milan", tenantCondition } });
const summary = ({ conditions }: NonNullable<ResourceSlice["status"]>) =>
  (conditions ?? []).map(({ type, status }) => `${type}=${status}`).join(" ");
const GIVEN = "Authentication=Accepted Resources=Accepted";
const had = answeredStatus(slice(), { tenant: tenant("Active"), authParams, settings, nowMs: NOW_MS });

for (const [name, expected, resources, seen, of] of [
  ["a slice is let in and given resources", GIVEN, { cpu: "4", pods: "110" }, slice(), tenant("Active")],
  [
    "what it asks for counts more than the defaults",
    GIVEN,
    { cpu: "1", pods: "110" },
    slice({ resources: { cpu: "1" } }),
    tenant("Active"),
  ],
  ["the class default is ours, too", GIVEN, { cpu: "4", pods: "110" }, slice({ class: "default" }), tenant("Active")],
  [
    "for another class somebody else provides",
    "Authentication=Accepted",
    undefined,
    slice({ class: "gpu" }),
    tenant("Active"),
  ],
  [
    "a new one of a cordoned tenant is given nothing",
    "Authentication=Accepted Resources=Denied",
    undefined,
    slice(),
    tenant("Cordoned"),
  ],
  ["one that has its resources keeps them", GIVEN, { cpu: "4", pods: "110" }, slice({}, had), tenant("Cordoned")],
  ["a tenant that has not said its condition is active", GIVEN, { cpu: "4", pods: "110" }, slice(), undefined],
] as const) {
  test(name, () => {
    const status = answeredStatus(seen, { tenant: of, authParams, settings, nowMs: NOW_MS });
    assert.equal(summary(status), expected);
    assert.deepEqual(status.resources, resources);
    assert.deepEqual(status.authParams, authParams);
  });
}

test("the provider's labels are told, when it has any", () => {
  const labelled = { ...settings, clusterLabels: { zone: "west" } };
  const answer = { tenant: undefined, authParams, nowMs: NOW_MS };
  assert.deepEqual(answeredStatus(slice(), { ...answer, settings: labelled }).nodeLabels, { zone: "west" });
  assert.equal(answeredStatus(slice(), { ...answer, settings }).nodeLabels, undefined);
});

test("the same answer later is the same status", () => {
  const later = { tenant: tenant("Active"), authParams, settings, nowMs: NOW_MS + 60_000 };
  assert.deepEqual(answeredStatus(slice({}, had), later), had);
});

test("a slice that is denied later keeps what it was given, and is told why", () => {
  const status = deniedStatus(slice({}, had), "another key", NOW_MS);
  assert.equal(summary(status), "Authentication=Denied Resources=Accepted");
  assert.equal(status.conditions?.[0]?.message, "another key");
  assert.deepEqual(status.resources, had.resources);
});
