import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { certificateSigningRequests } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { createCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { csrSigningController } from "./controller.ts";
import { planSigning } from "./plan.ts";

const CLIENT = "kubernetes.io/kube-apiserver-client";
const YEAR = 365 * 24 * 3_600;
const approved = { type: "Approved", status: "True", reason: "Test", message: "" };

function request(
  signerName: string,
  types: string[],
  own: Partial<CertificateSigningRequest> = {},
): CertificateSigningRequest {
  return {
    metadata: { name: "anna" },
    spec: { signerName, request: "", usages: ["client auth"] },
    status: { conditions: types.map((type) => ({ ...approved, type })) },
    ...own,
  };
}
const lasting = (expirationSeconds: number): CertificateSigningRequest => {
  const csr = request(CLIENT, ["Approved"]);
  return { ...csr, spec: { ...csr.spec, expirationSeconds } };
};

for (const [name, csr, expected] of [
  ["approved for a client", request(CLIENT, ["Approved"]), { usage: "client", seconds: YEAR }],
  ["approved for a kubelet", request(`${CLIENT}-kubelet`, ["Approved"]), { usage: "client", seconds: YEAR }],
  ["approved for serving", request("kubernetes.io/kubelet-serving", ["Approved"]), { usage: "server", seconds: YEAR }],
  ["not approved", request(CLIENT, []), undefined],
  ["denied afterwards", request(CLIENT, ["Approved", "Denied"]), undefined],
  ["that failed", request(CLIENT, ["Approved", "Failed"]), undefined],
  ["of another signer", request("example.com/signer", ["Approved"]), undefined],
  [
    "that is signed",
    { ...request(CLIENT, ["Approved"]), status: { conditions: [approved], certificate: "x" } },
    undefined,
  ],
  ["for an hour", lasting(3_600), { usage: "client", seconds: 3_600 }],
  ["for a minute: ten at least", lasting(60), { usage: "client", seconds: 600 }],
  ["for ten years: one at most", lasting(10 * YEAR), { usage: "client", seconds: YEAR }],
] as [string, CertificateSigningRequest, object | undefined][]) {
  test(`a certificate request ${name}`, () => assert.deepEqual(planSigning(csr), expected));
}

test("an approved request is signed by the cluster's CA, and one that is none has failed", async () => {
  await using parts = await startEngineParts();
  const { ctx, client, deps } = parts;
  parts.run(csrSigningController);
  const pem = await createCsr(generateKeyPair("ed25519").privateKey, { commonName: "anna", organizations: ["team"] });
  for (const [name, text] of [
    ["anna", pem],
    ["broken", pem.replace(/\n.{8}/, "\nAAAAAAAA")],
  ] as const) {
    const spec = { signerName: CLIENT, request: Buffer.from(text).toString("base64"), usages: ["client auth"] };
    const created = await client.create(ctx, certificateSigningRequests, { metadata: { name }, spec });
    const status = { conditions: [approved] };
    await client.update(ctx, certificateSigningRequests, { ...created, status }, { subresource: "approval" });
  }
  const signed = await parts.seen(
    certificateSigningRequests,
    { name: "anna" },
    ({ status }) => status?.certificate !== undefined,
  );
  const certificate = new X509Certificate(Buffer.from(signed.status?.certificate ?? "", "base64"));
  assert.equal(certificate.verify(new X509Certificate(deps.settings.caCert).publicKey), true);
  assert.match(certificate.subject, /CN=anna/);
  const { status } = await parts.seen(certificateSigningRequests, { name: "broken" }, (csr) =>
    isConditionTrue(csr.status?.conditions, "Failed"),
  );
  assert.equal(status?.conditions?.find(({ type }) => type === "Failed")?.reason, "SignerValidationFailure");
  assert.equal(status?.certificate, undefined);
});
