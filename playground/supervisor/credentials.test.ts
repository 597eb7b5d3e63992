import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Credentials } from "./credentials.ts";
import { mergeKubeconfig } from "./kubeconfig.ts";
import { clusterPaths, labNameOf, playgroundPaths } from "./paths.ts";
import { apiServerNames } from "./serving-names.ts";

const ADMIN = { commonName: "kubernetes-admin", organizations: ["system:masters"] };

test("keys and certificates are made once, and found again by the next supervisor", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pki-test-"));
  const first = new Credentials(folder);
  const [ca, admin, key] = [await first.ca(), await first.client("admin", ADMIN), first.tokenKey()];
  const second = new Credentials(folder);
  assert.deepEqual([await second.ca(), await second.client("admin", ADMIN), second.tokenKey()], [ca, admin, key]);
  const certificate = new X509Certificate(admin.certificate);
  assert.equal(certificate.verify(new X509Certificate(ca.certificate).publicKey), true);
  assert.match(certificate.subject, /CN=kubernetes-admin/);
  assert.match(certificate.subject, /O=system:masters/);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".key")))
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  // Half a pair is none: the certificate is made again.
  rmSync(join(folder, "admin.key"));
  assert.notEqual((await second.client("admin", ADMIN)).certificate, admin.certificate);
  rmSync(folder, { recursive: true });
});

test("a serving certificate is made anew when its names change", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pki-test-"));
  const credentials = new Credentials(folder);
  const names = apiServerNames("172.20.0.1", "10.96.0.0/16");
  const first = await credentials.server("apiserver", names);
  const { subjectAltName } = new X509Certificate(first.certificate);
  for (const name of ["DNS:kubernetes.default.svc.cluster.local", "IP Address:172.20.0.1", "IP Address:10.96.0.1"])
    assert.ok(subjectAltName?.includes(name), name);
  assert.deepEqual(await credentials.server("apiserver", names), first);
  const moved = await credentials.server("apiserver", apiServerNames("172.20.0.2", "10.96.0.0/16"));
  assert.ok(new X509Certificate(moved.certificate).subjectAltName?.includes("IP Address:172.20.0.2"));
  rmSync(folder, { recursive: true });
});

test("the kubeconfig of a playground has a context for each cluster, the first one current", () => {
  const access = (name: string) => ({
    name,
    server: `https://${name}:6443`,
    ca: "CA",
    admin: { certificate: "CERTIFICATE", privateKey: "KEY" },
  });
  const config = mergeKubeconfig([access("milan"), access("rome")]);
  assert.equal(config?.["current-context"], "milan");
  assert.deepEqual(
    config?.contexts.map(({ name, context }) => [name, context.cluster, context.user]),
    [
      ["milan", "milan", "milan-admin"],
      ["rome", "rome", "rome-admin"],
    ],
  );
  assert.equal(mergeKubeconfig([]), undefined);
});

test("all that a playground keeps is below its home, and two homes share no name in the kernel", () => {
  const paths = playgroundPaths("/srv/playground");
  const own = clusterPaths(paths, "milan");
  for (const path of [
    paths.spec,
    paths.kubeconfig,
    paths.run,
    own.pki,
    own.store,
    own.volumes,
    own.node("worker-node-1"),
  ])
    assert.ok(path.startsWith("/srv/playground/"), path);
  assert.match(labNameOf("/srv/playground"), /^pg[0-9a-f]{6}$/);
  assert.notEqual(labNameOf("/srv/playground"), labNameOf("/srv/other"));
});
