import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { test } from "node:test";
import type { Tenant } from "#api/authentication/tenant.ts";
import { base64 } from "#forge/authentication.ts";
import { createCa } from "#pki/certificate.ts";
import { createCsr, signCsr } from "#pki/csr.ts";
import { generateKeyPair, type KeyPair } from "#pki/keys.ts";
import { handshakeProblem } from "./handshake.ts";

const NONCE = Buffer.from("a nonce of the provider");
const SECRET = { data: { nonce: NONCE.toString("base64") } };
const OWN = generateKeyPair("ed25519");
const OTHER = generateKeyPair("ed25519");
const RSA = generateKeyPair("rsa-2048");
const SUBJECT = { commonName: "cluster-a", organizations: ["liqo.io"] };

const signature = (key: KeyPair, nonce = NONCE): string =>
  sign(key.privateKey.includes("RSA") || key === RSA ? "sha256" : null, nonce, key.privateKey).toString("base64");
const tenant = async (key: KeyPair, changes: Partial<Tenant["spec"]> = {}, subject = SUBJECT): Promise<Tenant> => ({
  spec: {
    clusterID: "cluster-a",
    csr: base64(await createCsr(key.privateKey, subject)),
    publicKey: base64(key.publicKey),
    signature: signature(key),
    ...changes,
  },
});

for (const [name, expected, of, secret] of [
  ["the nonce signed with its key", undefined, await tenant(OWN), SECRET],
  ["the same with an RSA key", undefined, await tenant(RSA), SECRET],
  ["no nonce to sign", "NonceNotFound", await tenant(OWN), undefined],
  ["a nonce that is not filled yet", "NonceNotFound", await tenant(OWN), { data: {} }],
  ["no signature", "SignatureVerificationFailed", await tenant(OWN, { signature: "" }), SECRET],
  [
    "a signature of another key",
    "SignatureVerificationFailed",
    await tenant(OWN, { signature: signature(OTHER) }),
    SECRET,
  ],
  [
    "a signature of another nonce",
    "SignatureVerificationFailed",
    await tenant(OWN, { signature: signature(OWN, Buffer.from("else")) }),
    SECRET,
  ],
  ["no key", "SignatureVerificationFailed", await tenant(OWN, { publicKey: "" }), SECRET],
  ["garbage for a key", "SignatureVerificationFailed", await tenant(OWN, { publicKey: base64("hello") }), SECRET],
  ["a request of another key", "InvalidCSR", await tenant(OWN, { csr: (await tenant(OTHER)).spec?.csr ?? "" }), SECRET],
  ["a request for another name", "InvalidCSR", await tenant(OWN, {}, { ...SUBJECT, commonName: "cluster-b" }), SECRET],
  [
    "a request for another group",
    "InvalidCSR",
    await tenant(OWN, {}, { ...SUBJECT, organizations: ["system:masters"] }),
    SECRET,
  ],
  ["no request", "InvalidCSR", await tenant(OWN, { csr: "" }), SECRET],
] as const) {
  test(`a consumer with ${name} is ${expected === undefined ? "let in" : `refused: ${expected}`}`, async () => {
    assert.equal((await handshakeProblem(of, secret))?.reason, expected);
  });
}

test("a key that was proven once needs no nonce any more, another key does", async () => {
  const ca = await createCa("rome");
  const certified = async (key: KeyPair): Promise<Tenant> => {
    const csr = await createCsr(key.privateKey, { commonName: "cluster-a", organizations: ["liqo.io"] });
    return {
      spec: { clusterID: "cluster-a", csr: base64(csr), publicKey: base64(key.publicKey) },
      status: { authParams: { signedCRT: base64(await signCsr(ca, csr, { usages: ["client"] })) } },
    };
  };
  const tenant = await certified(generateKeyPair("ed25519"));
  assert.equal(await handshakeProblem(tenant, undefined), undefined);
  const { spec } = await certified(generateKeyPair("ed25519"));
  assert.equal(
    (await handshakeProblem({ ...tenant, ...(spec !== undefined && { spec }) }, undefined))?.reason,
    "NonceNotFound",
  );
  const evil = await createCsr(generateKeyPair("ed25519").privateKey, {
    commonName: "cluster-a",
    organizations: ["liqo.io"],
  });
  const changed = { ...tenant, spec: { ...tenant.spec, clusterID: "cluster-a", csr: base64(evil) } };
  assert.equal((await handshakeProblem(changed, undefined))?.reason, "InvalidCSR");
});
