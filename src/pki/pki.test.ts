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
  assert.equal(isIssuedBy(server.certificate, ca.certificate, new Date()), true);
  assert.equal(isIssuedBy(server.certificate, (await createCa("kubernetes")).certificate, new Date()), false);
  assert.equal(isIssuedBy(server.certificate, ca.certificate, new Date(Date.now() + 400 * 86_400_000)), false);
});

for (const algorithm of ALGORITHMS) {
  test(`an ECDSA authority signs a request made with an ${algorithm} key`, async () => {
    const ca = await createCa("kubernetes");
    const { privateKey, publicKey } = generateKeyPair(algorithm);
    const subject = { commonName: "milan", organizations: ["liqo.io"] };
    const csr = await createCsr(privateKey, subject, ["milan.example"]);
    assert.match(openssl(["req", "-in", "r.csr", "-noout", "-verify"], { "r.csr": csr }), /verify OK/);
    const details = await parseCsr(csr);
    assert.deepEqual(details.alternativeNames, [{ type: "dns", value: "milan.example" }]);
    assert.deepEqual([details.subject, details.publicKey], [subject, publicKey]);
    assert.deepEqual([details.isFor(subject), details.hasAttributes, details.hasOnlyNames], [true, true, true]);
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

const ROME = { commonName: "rome", organizations: ["milan"] };

/** What `openssl req` is told beside the key, and whether the request is for O=milan, CN=rome and nothing else. */
const REQUESTS: readonly (readonly [name: string, options: readonly string[], isRome: boolean])[] = [
  ["O then CN", ["-subj", "/O=milan/CN=rome"], true],
  ["CN then O", ["-subj", "/CN=rome/O=milan"], true],
  ["UTF8Strings", ["-utf8", "-subj", "/O=milan/CN=rome"], true],
  ["a second CN after the first", ["-subj", "/O=milan/CN=rome/CN=system:kube-controller-manager"], false],
  ["a second CN before it", ["-subj", "/O=milan/CN=system:kube-controller-manager/CN=rome"], false],
  ["the same CN twice", ["-subj", "/O=milan/CN=rome/CN=rome"], false],
  ["a second O", ["-subj", "/O=milan/O=system:masters/CN=rome"], false],
  ["no O", ["-subj", "/CN=rome"], false],
  ["another attribute", ["-subj", "/O=milan/OU=x/CN=rome"], false],
  ["an RDN of two attributes", ["-multivalue-rdn", "-subj", "/O=milan+CN=rome"], false],
  ["other values", ["-subj", "/O=milan/CN=turin"], false],
  ["a UID that is no CN", ["-subj", "/O=milan/UID=rome"], false],
];

for (const [name, options, isRome] of REQUESTS) {
  test(`a request with ${name} is ${isRome ? "" : "not "}for the one expected`, async () => {
    const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", ...options];
    const details = await parseCsr(openssl(args, {}));
    assert.equal(details.isFor(ROME), isRome);
    assert.equal(details.hasAttributes, false);
  });
}

test("a subject in BMPStrings, which readers may decode differently, is not the one expected", async () => {
  const config = "[req]\nprompt=no\ndistinguished_name=dn\nstring_mask=MASK:0x800\n[dn]\nO=milan\nCN=rome\n";
  const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-config", "c.cnf"];
  const details = await parseCsr(openssl(args, { "c.cnf": config }));
  assert.equal(details.isFor(ROME), false);
});

test("requested extensions are told of", async () => {
  const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", "/O=milan/CN=rome"];
  const names = await parseCsr(openssl([...args, "-addext", "subjectAltName=DNS:a,email:x@y"], {}));
  assert.deepEqual([names.hasAttributes, names.hasOnlyNames], [true, true]);
  assert.deepEqual(names.alternativeNames, [
    { type: "dns", value: "a" },
    { type: "email", value: "x@y" },
  ]);
  const more = [...args, "-addext", "subjectAltName=DNS:a", "-addext", "basicConstraints=CA:TRUE"];
  assert.equal((await parseCsr(openssl(more, {}))).hasOnlyNames, false);
});

test("a certificate is for the last CN of a request, as Kubernetes' signer makes it", async () => {
  const subject = "/O=milan/CN=rome-efee614420c5/CN=system:kube-controller-manager";
  const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "/dev/null", "-subj", subject];
  const ca = await createCa("kubernetes");
  const certificate = await signCsr(ca, openssl(args, {}), { usages: ["client"] });
  assert.deepEqual(parseCertificate(certificate).subject, {
    commonName: "system:kube-controller-manager",
    organizations: ["milan"],
  });
});

test("garbage and forged requests are refused by name", async () => {
  const { privateKey } = generateKeyPair("ed25519");
  const csr = await createCsr(privateKey, { commonName: "milan", organizations: [] });
  const der = Buffer.from(csr.replace(/-----.*-----|\n/g, ""), "base64");
  der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  await assert.rejects(parseCsr(forged), /the signature does not match the key/);
  await assert.rejects(parseCsr("hello"), /PEM block type must be CERTIFICATE REQUEST/);
  await assert.rejects(parseCsr(csr + csr), /must be one PEM block, found several/);
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
