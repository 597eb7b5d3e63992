import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createCa, isIssuedBy, issueCertificate, parseCertificate } from "./certificate.ts";
import { createCsr, parseCsr, signCsr } from "./csr.ts";
import { generateKeyPair, type KeyAlgorithm } from "./keys.ts";
import { forgeKubeconfig } from "./kubeconfig.ts";

const ALGORITHMS: readonly KeyAlgorithm[] = ["ecdsa-p256", "ed25519", "rsa-2048"];

function openssl(args: readonly string[], files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "pki-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { stdout, stderr } = spawnSync("openssl", [...args], { cwd: folder, encoding: "utf8" });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("openssl accepts a client certificate and reads user and groups", async () => {
  const ca = await createCa("kubernetes");
  const subject = { commonName: "jane", organizations: ["system:masters", "dev"] };
  const jane = await issueCertificate(ca, { subject, usages: ["client"] });
  const files = { "ca.pem": ca.certificate, "jane.pem": jane.certificate };
  assert.match(openssl(["verify", "-purpose", "sslclient", "-CAfile", "ca.pem", "jane.pem"], files), /jane\.pem: OK/);
  assert.match(
    openssl(["x509", "-in", "jane.pem", "-noout", "-subject"], files),
    /O ?= ?system:masters, O ?= ?dev, CN ?= ?jane/,
  );
  assert.deepEqual(parseCertificate(jane.certificate).subject, subject);
});

test("a server certificate names its hosts and addresses", async () => {
  const ca = await createCa("kubernetes");
  const alternativeNames = ["kubernetes.default.svc", "10.96.0.1"];
  const server = await issueCertificate(ca, {
    subject: { commonName: "kube-apiserver", organizations: [] },
    alternativeNames,
    usages: ["server"],
  });
  const text = openssl(["x509", "-in", "s.pem", "-noout", "-text"], { "s.pem": server.certificate });
  assert.match(text, /DNS:kubernetes\.default\.svc, IP Address:10\.96\.0\.1/);
  assert.deepEqual(parseCertificate(server.certificate).alternativeNames, alternativeNames);
  assert.equal(isIssuedBy(server.certificate, ca.certificate), true);
  assert.equal(isIssuedBy(server.certificate, (await createCa("kubernetes")).certificate), false);
  assert.equal(isIssuedBy(server.certificate, ca.certificate, new Date(Date.now() + 400 * 86_400_000)), false);
});

for (const algorithm of ALGORITHMS) {
  test(`an ECDSA authority signs a request made with an ${algorithm} key`, async () => {
    const ca = await createCa("kubernetes");
    const { privateKey, publicKey } = generateKeyPair(algorithm);
    const subject = { commonName: "milan", organizations: ["liqo.io"] };
    const csr = await createCsr(privateKey, subject, ["milan.example"]);
    assert.match(openssl(["req", "-in", "r.csr", "-noout", "-verify"], { "r.csr": csr }), /verify OK/);
    assert.deepEqual(await parseCsr(csr), { subject, alternativeNames: ["milan.example"], publicKey });
    const certificate = await signCsr(ca, csr, { usages: ["client"] });
    const files = { "ca.pem": ca.certificate, "milan.pem": certificate };
    assert.match(openssl(["verify", "-CAfile", "ca.pem", "milan.pem"], files), /milan\.pem: OK/);
    assert.equal(parseCertificate(certificate).publicKey, publicKey);
  });
}

test("a request made by openssl is read", async () => {
  const csr = openssl(
    ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", "/O=liqo.io/CN=rome"],
    {},
  );
  assert.deepEqual((await parseCsr(csr)).subject, { commonName: "rome", organizations: ["liqo.io"] });
});

test("garbage and forged requests are refused by name", async () => {
  const { privateKey } = generateKeyPair("ed25519");
  const csr = await createCsr(privateKey, { commonName: "milan", organizations: [] });
  const der = Buffer.from(csr.replace(/-----.*-----|\n/g, ""), "base64");
  der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  await assert.rejects(parseCsr(forged), /the signature does not match the key/);
  await assert.rejects(parseCsr("hello"), /PEM block type must be CERTIFICATE REQUEST/);
  const empty = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
  await assert.rejects(parseCsr(empty), /does not hold a PKCS#10 request/);
});

test("a kubeconfig holds the identity inline", () => {
  const config = forgeKubeconfig({
    cluster: "rome",
    server: "https://127.0.0.1:6443",
    ca: "CA",
    user: "admin",
    credentials: { certificate: "CERT", privateKey: "KEY" },
  });
  assert.deepEqual(config.clusters[0]?.cluster, {
    "certificate-authority-data": "Q0E=",
    server: "https://127.0.0.1:6443",
  });
  assert.deepEqual(config.users[0]?.user, { "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" });
  assert.equal(config["current-context"], "rome");
});
