import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { createCa } from "#pki/certificate.ts";
import { formatReference } from "../reference.ts";
import { configureImages } from "./configure.ts";
import { placesOf } from "./places.ts";
import { readSettings } from "./settings.ts";
import { sourcesOf } from "./sources.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const NOTHING = { dockerHost: "unix:///nowhere", path: "/nowhere" };

describe("what a person may mean by an image", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "sources-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** An archive, or with `name` ending in a slash a folder, of one file of JSON. */
  function put(name: string, file: string, content: unknown): string {
    const path = join(folder, name);
    mkdirSync(`${path}.d`, { recursive: true });
    writeFileSync(join(`${path}.d`, file), typeof content === "string" ? content : JSON.stringify(content));
    execFileSync("tar", ["--create", "--gzip", "--file", path, "-C", `${path}.d`, file]);
    return path;
  }
  const shown = async (what: string, options = {}): Promise<string[]> =>
    (await sourcesOf(ctx, what, { ...NOTHING, ...options })).map(
      ({ source, reference }) => `${source.replace(folder, "")} ${formatReference(reference)}`,
    );
  const named = (annotations: object): object => ({ manifests: [{ digest: "x", annotations }] });

  test("docker's archive: each image by each of its names", async () => {
    const path = put("docker.tar", "manifest.json", [
      { RepoTags: ["web:1", "example.com/web:2"] },
      { RepoTags: ["b:1"] },
    ]);
    assert.deepEqual(await shown(path), [
      "docker-archive:/docker.tar:@0 docker.io/library/web:1",
      "docker-archive:/docker.tar:@0 example.com/web:2",
      "docker-archive:/docker.tar:@1 docker.io/library/b:1",
    ]);
    const name = { repository: "example.com/x", tag: "1" };
    await assert.rejects(shown(path, { name }), /--name is for one image, and there are 2/);
  });

  test("OCI archives and layouts by their annotations", async () => {
    const refName = "org.opencontainers.image.ref.name";
    const podman = put("podman.tar", "index.json", named({ [refName]: "localhost/web:1" }));
    assert.deepEqual(await shown(podman), ["oci-archive:/podman.tar:localhost/web:1 localhost/web:1"]);
    const both = named({ [refName]: "1", "io.containerd.image.name": "docker.io/library/web:1" });
    assert.deepEqual(await shown(`${put("both.tar", "index.json", both)}.d`), [
      "oci:/both.tar.d:1 docker.io/library/web:1",
    ]);
    const tagged = put("umoci.tar", "index.json", named({ [refName]: "v1" }));
    await assert.rejects(shown(tagged), /an image in it has no name; give it one with --name/);
    assert.deepEqual(await shown(tagged, { name: { repository: "example.com/x", tag: "1" } }), [
      "oci-archive:/umoci.tar:v1 example.com/x:1",
    ]);
  });

  test("what is no archive is refused with what it lacks", async () => {
    await assert.rejects(shown(put("other.tar", "other", "")), /neither manifest\.json nor index\.json/);
    await assert.rejects(shown(put("broken.tar", "manifest.json", "[")), /not an archive of images/);
    await assert.rejects(shown(put("object.tar", "manifest.json", {})), /is no list of images/);
    await assert.rejects(shown(folder), /no OCI layout, it has no index\.json/);
    mkdirSync(join(folder, "a:b"));
    await assert.rejects(shown(join(folder, "a:b")), /a path with a colon cannot be read/);
  });

  test("a name is Docker's image where its daemon is, and else podman's", async () => {
    assert.deepEqual(await shown("web:1", { dockerHost: `unix://${folder}` }), [
      "docker-daemon:docker.io/library/web:1 docker.io/library/web:1",
    ]);
    assert.equal((await shown("web:1", { dockerHost: "tcp://10.0.0.1:2375" })).length, 1);
    writeFileSync(join(folder, "podman"), "");
    assert.deepEqual(await shown("localhost/web", { path: folder }), [
      "containers-storage:localhost/web:latest localhost/web:latest",
    ]);
    await assert.rejects(shown("web:1"), /no such file or folder, and this machine has neither Docker nor podman/);
    await assert.rejects(shown("Not a name"), /neither a file, nor a folder, nor the name of an image/);
  });

  test("a CA, mirrors and bounds are taken over, or refused before anything is written", async () => {
    const root = join(folder, "store");
    const ca = join(folder, "ca.crt");
    writeFileSync(ca, "nothing");
    assert.throws(
      () => configureImages(root, { registryCa: [ca], mostBytes: 5 }),
      /ca\.crt: has no certificate in PEM/,
    );
    writeFileSync(ca, "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n");
    assert.throws(() => configureImages(root, { registryCa: [ca], mostBytes: 5 }), /a certificate cannot be read/);
    assert.equal(readSettings(placesOf(root)).mostBytes, 32 * 1024 ** 3);
    writeFileSync(ca, (await createCa("registry")).certificate);
    configureImages(root, { registryCa: [ca], mostBytes: 5, progressTimeoutMs: 9 });
    configureImages(root, { registryCa: [], mostAgeMs: 7 });
    assert.deepEqual(readSettings(placesOf(root)), { mostBytes: 5, mostAgeMs: 7, progressTimeoutMs: 9 });
  });
});
