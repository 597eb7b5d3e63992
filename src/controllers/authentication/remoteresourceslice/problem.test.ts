import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import { base64 } from "#forge/authentication.ts";
import { sliceUserName } from "#forge/names.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { sliceProblem } from "./problem.ts";

const OWN = generateKeyPair("ed25519");
const OTHER = generateKeyPair("ed25519");
const tenant = (publicKey: string | undefined, authzPolicy?: "TolerateNoHandshake"): Tenant => ({
  spec: {
    clusterID: "milan",
    ...(publicKey !== undefined && { publicKey: base64(publicKey) }),
    ...(authzPolicy !== undefined && { authzPolicy }),
  },
});
const sliceWith = async (name: string): Promise<ResourceSlice> => {
  const subject = { commonName: sliceUserName(name, "milan"), organizations: ["milan"] };
  const csr = base64(await createCsr(OWN.privateKey, subject));
  return { metadata: { namespace: "liqo-tenant-milan", name: "s" }, spec: { consumerClusterID: "milan", csr } };
};

const LET_IN = /^let in$/;

for (const [name, problem, of, requested] of [
  ["its own key and name", LET_IN, tenant(OWN.publicKey), "s"],
  ["another key than its tenant's", /was made with another key/, tenant(OTHER.publicKey), "s"],
  ["another slice's name", /must be for O=milan/, tenant(OWN.publicKey), "t"],
  ["a tenant that holds no key", /spec\.csr: /, tenant(undefined), "s"],
  ["any key, where the handshake is not asked for", LET_IN, tenant(undefined, "TolerateNoHandshake"), "s"],
  [
    "but not another than the one that is known",
    /was made with another key/,
    tenant(OTHER.publicKey, "TolerateNoHandshake"),
    "s",
  ],
  ["no tenant", /or holds no Tenant$/, undefined, "s"],
] as const) {
  test(`a slice with ${name} is ${problem === LET_IN ? "let in" : "denied"}`, async () => {
    const found = await sliceProblem(await sliceWith(requested), of);
    assert.match(found ?? "let in", problem);
  });
}
