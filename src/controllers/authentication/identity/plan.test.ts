import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "#api/authentication/identity.ts";
import type { Renew } from "#api/authentication/renew.ts";
import { base64 } from "#forge/authentication.ts";
import { createCa } from "#pki/certificate.ts";
import { planIdentity } from "./plan.ts";

const CERTIFICATE = base64((await createCa("rome")).certificate);
const OTHER = base64((await createCa("rome")).certificate);
const params = (signedCRT: string, apiServer = "https://rome.test") => ({ apiServer, ca: CERTIFICATE, signedCRT });
const identity = (
  type: "ControlPlane" | "ResourceSlice",
  signedCRT: string,
  changes: { metadata?: object; apiServer?: string } = {},
): Identity => ({
  metadata: { name: "i", uid: "1", ...changes.metadata },
  spec: { clusterID: "rome", type, authParams: params(signedCRT, changes.apiServer) },
});
const renew = (uid: string, authParams?: object): Renew =>
  ({
    metadata: {
      name: "i",
      ownerReferences: [{ apiVersion: "v1", kind: "Identity", name: "i", uid, controller: true }],
    },
    ...(authParams !== undefined && { status: { authParams } }),
  }) as Renew;
const GOING = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } };

for (const [name, expected, seen] of [
  [
    "a slice's gets its Secret",
    { do: "ensure", isRenewMissing: false },
    { identity: identity("ResourceSlice", CERTIFICATE) },
  ],
  [
    "a control plane's a Renew, too",
    { do: "ensure", isRenewMissing: true },
    { identity: identity("ControlPlane", CERTIFICATE) },
  ],
  [
    "one Renew is enough",
    { do: "ensure", isRenewMissing: false },
    { identity: identity("ControlPlane", CERTIFICATE), renew: renew("1") },
  ],
  ["one without a certificate waits", { do: "nothing" }, { identity: identity("ControlPlane", "") }],
  [
    "and takes that of its Renew",
    { do: "renew", authParams: params(CERTIFICATE) },
    { identity: identity("ControlPlane", ""), renew: renew("1", params(CERTIFICATE)) },
  ],
  [
    "but not that of another's",
    { do: "nothing" },
    { identity: identity("ControlPlane", ""), renew: renew("2", params(CERTIFICATE)) },
  ],
  [
    "elsewhere it would give the key away",
    { do: "misplaced" },
    { identity: identity("ControlPlane", CERTIFICATE), peer: "turin" },
  ],
  ["on its way out it is left alone", { do: "nothing" }, { identity: identity("ControlPlane", CERTIFICATE, GOING) }],
  ["gone, too", { do: "nothing" }, { identity: undefined }],
] as const) {
  test(`of Identities, ${name}`, () => {
    assert.deepEqual(planIdentity({ renew: undefined, peer: "rome", ...seen }), expected);
  });
}

for (const [name, seen] of [
  [
    "own parameters",
    { identity: identity("ControlPlane", CERTIFICATE, { apiServer: "http://rome.test" }), renew: undefined },
  ],
  [
    "renewed ones",
    { identity: identity("ControlPlane", CERTIFICATE), renew: renew("1", params(OTHER, "http://rome.test")) },
  ],
] as const) {
  test(`${name} that must not be used are refused`, () => {
    const plan = planIdentity({ ...seen, peer: "rome" });
    assert.ok(plan.do === "refuse");
    assert.match(plan.problem, /https/);
  });
}
