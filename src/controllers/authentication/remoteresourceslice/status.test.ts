import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import { answeredStatus, deniedStatus } from "./status.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const settings = { defaultNodeResources: { cpu: "4", pods: "110" }, clusterLabels: {}, isDefaultClassEnabled: true };
const disabled = { ...settings, isDefaultClassEnabled: false };
const classes = { ingressClasses: [{ ingressClassName: "nginx" }] };
const authParams = { apiServer: "https://rome.test", signedCRT: "CRT" };
const slice = (changes: Partial<ResourceSlice["spec"]> = {}, status?: ResourceSlice["status"]): ResourceSlice => ({
  metadata: { name: "s" },
  spec: { consumerClusterID: "milan", ...changes },
  ...(status !== undefined && { status }),
});
const tenant = (tenantCondition: "Active" | "Cordoned" | "Drained"): Tenant => ({
  spec: { clusterID: "milan", tenantCondition },
});
const summary = ({ conditions }: NonNullable<ResourceSlice["status"]>) =>
  (conditions ?? []).map(({ type, status }) => `${type}=${status}`).join(" ");
const GIVEN = "Authentication=Accepted Resources=Accepted";
const base = { tenant: tenant("Active"), authParams, settings, classes: {}, nowMs: NOW_MS };
const had = answeredStatus(slice(), base);
const refused = answeredStatus(slice(), { ...base, tenant: tenant("Cordoned") });
const filled: ResourceSlice["status"] = {
  conditions: [{ type: "Resources", status: "Accepted", reason: "Mine" }],
  resources: { "example.com/gpu": "2" },
  ingressClasses: [{ ingressClassName: "theirs" }],
};

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
  [
    "nor when it is looked at again",
    "Authentication=Accepted Resources=Denied",
    undefined,
    slice({}, refused),
    tenant("Cordoned"),
  ],
  ["until its tenant is active again", GIVEN, { cpu: "4", pods: "110" }, slice({}, refused), tenant("Active")],
  [
    "one of another class waits for its own controller then",
    "Authentication=Accepted",
    undefined,
    slice({ class: "gpu" }, refused),
    tenant("Active"),
  ],
  [
    "a drained tenant is given nothing",
    "Authentication=Accepted Resources=Denied",
    undefined,
    slice(),
    tenant("Drained"),
  ],
  [
    "one that asks for more while its tenant is cordoned keeps what it has",
    GIVEN,
    { cpu: "4", pods: "110" },
    slice({ resources: { cpu: "9" } }, had),
    tenant("Cordoned"),
  ],
  [
    "what is asked for later is granted",
    GIVEN,
    { cpu: "9", pods: "110" },
    slice({ resources: { cpu: "9" } }, had),
    tenant("Active"),
  ],
  [
    "the answer of somebody else's controller stays",
    "Resources=Accepted Authentication=Accepted",
    filled.resources,
    slice({ class: "gpu" }, filled),
    tenant("Active"),
  ],
  ["one that has its resources keeps them", GIVEN, { cpu: "4", pods: "110" }, slice({}, had), tenant("Cordoned")],
  ["a tenant that has not said its condition is active", GIVEN, { cpu: "4", pods: "110" }, slice(), undefined],
] as const) {
  test(name, () => {
    const status = answeredStatus(seen, { ...base, tenant: of });
    assert.equal(summary(status), expected);
    assert.deepEqual(status.resources, resources);
    assert.deepEqual(status.authParams, authParams);
  });
}

test("the provider's labels are told, when it has any", () => {
  const labelled = { ...settings, clusterLabels: { zone: "west" } };
  const told = answeredStatus(slice(), { ...base, settings: labelled });
  assert.deepEqual(told.nodeLabels, { zone: "west" });
  assert.equal(answeredStatus(slice({}, told), base).nodeLabels, undefined);
});

test("classes are offered, and no more once they are not", () => {
  const told = answeredStatus(slice(), { ...base, classes });
  assert.deepEqual(told.ingressClasses, classes.ingressClasses);
  assert.equal(answeredStatus(slice({}, told), base).ingressClasses, undefined);
  const theirs = answeredStatus(slice({ class: "gpu" }, filled), { ...base, classes });
  assert.deepEqual(theirs.ingressClasses, filled.ingressClasses);
});

for (const [name, seen, expected] of [
  ["new", slice(), "Authentication=Accepted Resources=Denied"],
  ["granted earlier", slice({ class: "default" }, had), "Authentication=Accepted Resources=Denied"],
  ["of another class", slice({ class: "gpu" }, filled), "Resources=Accepted Authentication=Accepted"],
] as const) {
  test(`where the default class is disabled, a slice ${name} is answered so`, () => {
    const status = answeredStatus(seen, { ...base, settings: disabled });
    assert.equal(summary(status), expected);
    const { reason } =
      status.conditions?.find(({ type, status: said }) => type === "Resources" && said === "Denied") ?? {};
    assert.equal(reason, expected.includes("Denied") ? "DefaultResourceSliceClassDisabled" : undefined);
  });
}

test("the same answer later is the same status", () => {
  assert.deepEqual(answeredStatus(slice({}, had), { ...base, nowMs: NOW_MS + 60_000 }), had);
});

test("a slice that is denied later keeps what it was given, and is told why", () => {
  const status = deniedStatus(slice({}, had), "another key", NOW_MS);
  assert.equal(summary(status), "Authentication=Denied Resources=Accepted");
  assert.equal(status.conditions?.[0]?.message, "another key");
  assert.deepEqual(status.resources, had.resources);
});
