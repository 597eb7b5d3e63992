import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { requestProblem } from "./request-problem.ts";

const SUBJECT = { commonName: "rome-efee614420c5", organizations: ["milan"] };
const OWN = generateKeyPair("ed25519");
const OTHER = generateKeyPair("ed25519");

for (const [name, problem, subject, names, publicKey] of [
  ["its name and its key", undefined, SUBJECT, [], OWN.publicKey],
  ["its name, of a tenant that has shown no key", undefined, SUBJECT, [], undefined],
  ["another key", /was made with another key than spec.publicKey of the Tenant/, SUBJECT, [], OTHER.publicKey],
  ["a key where the Tenant holds none", /^spec\.csr: /, SUBJECT, [], ""],
  [
    "another name",
    /must be for O=milan, CN=rome-efee614420c5 and nothing else, found O=milan, CN=admin/,
    { ...SUBJECT, commonName: "admin" },
    [],
    OWN.publicKey,
  ],
  ["another group", /must be for O=milan/, { ...SUBJECT, organizations: ["system:masters"] }, [], OWN.publicKey],
  ["a second group", /must be for O=milan/, { ...SUBJECT, organizations: ["milan", "turin"] }, [], OWN.publicKey],
  ["alternative names, too", /must ask for nothing beside subject and key/, SUBJECT, ["localhost"], OWN.publicKey],
] as const) {
  test(`a request for ${name} is ${problem === undefined ? "signed" : "refused"}`, async () => {
    const found = await requestProblem(await createCsr(OWN.privateKey, subject, names), SUBJECT, publicKey);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", problem);
  });
}

test("a second CN, which signer and API server would take for the user, is refused", async () => {
  const subject = "/O=milan/CN=rome-efee614420c5/CN=system:kube-controller-manager";
  const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", subject];
  const { stdout } = spawnSync("openssl", args, { encoding: "utf8" });
  assert.match((await requestProblem(stdout, SUBJECT, undefined)) ?? "", /CN=system:kube-controller-manager/);
});

test("garbage is refused", async () => {
  assert.match((await requestProblem("hello", SUBJECT, undefined)) ?? "", /PEM block type must be/);
});
