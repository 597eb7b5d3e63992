import assert from "node:assert/strict";
import { before, test } from "node:test";
import { base64 } from "#forge/authentication.ts";
import { createCa, issueCertificate } from "#pki/certificate.ts";
import { certificatesOf, firstEnd, formatEnd } from "./certificates.ts";

const NOW = Date.parse("2026-11-29T15:00:00Z");
let certificates: string[];

before(async () => {
  const ca = await createCa("rome");
  certificates = await Promise.all(
    ["2026-12-01T15:00:00Z", "2026-11-30T15:00:00Z", "2027-11-29T15:00:00Z"].map(async (ends) => {
      const subject = { commonName: "milan", organizations: [] };
      const [notBefore, notAfter] = [new Date("2026-01-01T00:00:00Z"), new Date(ends)];
      return base64((await issueCertificate(ca, { subject, usages: ["client"], notBefore, notAfter })).certificate);
    }),
  );
});

const authParams = (signedCRT = "") => ({ apiServer: "https://rome", signedCRT });

test("certificates are told of at both ends, what has none yet is left out", () => {
  const [one, two, three] = certificates;
  const replica = { "liqo.io/replicated": "true" };
  const found = certificatesOf({
    identities: [
      {
        metadata: { name: "controlplane-rome" },
        spec: { clusterID: "rome", type: "ControlPlane", authParams: authParams(one) },
      },
      {
        metadata: { name: "resourceslice-rome" },
        spec: { clusterID: "rome", type: "ResourceSlice", authParams: authParams(two) },
      },
      { metadata: { name: "new" }, spec: { clusterID: "rome", type: "ControlPlane" } },
    ],
    tenants: [
      { metadata: { name: "oslo" }, status: { authParams: authParams(three) } },
      { metadata: { name: "junk" }, status: { authParams: authParams("bm90aGluZw==") } },
    ],
    slices: [
      { metadata: { name: "given", labels: replica }, status: { authParams: authParams(two) } },
      { metadata: { name: "own" }, status: { authParams: authParams(one) } },
    ],
  });
  assert.deepEqual(
    found.map(({ name, type, action, ends }) => `${action} ${type} ${name} ${ends}`),
    [
      "Consuming ControlPlane controlplane-rome 2026-12-01T15:00:00Z",
      "Consuming ResourceSlice resourceslice-rome 2026-11-30T15:00:00Z",
      "Providing ControlPlane oslo 2027-11-29T15:00:00Z",
      "Providing ResourceSlice given 2026-11-30T15:00:00Z",
    ],
  );
  assert.deepEqual([firstEnd(found), firstEnd([])], ["2026-11-30T15:00:00Z", undefined]);
});

for (const [ends, says] of [
  ["2027-11-29T15:00:00Z", "in 365 days"],
  ["2026-11-30T15:00:00Z", "in 1 day"],
  ["2026-11-29T16:30:00Z", "in 90 minutes"],
  ["2026-11-29T15:00:01Z", "in 1 minute"],
  ["2026-11-29T15:00:00Z", "ended"],
  ["2025-11-29T15:00:00Z", "ended"],
] as const)
  test(`an end at ${ends} is ${says}`, () => assert.equal(formatEnd(ends, NOW), `${ends} (${says})`));
