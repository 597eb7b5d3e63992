import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "fast-check";
import { forAll, parseOrRefuse } from "#kit/properties.ts";
import { chooseManifest, parseImageConfig, parseManifest } from "./image-config.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const isRefusal = (error: unknown): boolean => error instanceof Error && error.message.startsWith("image ");

test("a configuration says what runs, and as whom", () => {
  const config = {
    ...{ Entrypoint: ["/bin/a"], Cmd: ["b"], Env: ["A=b=c", "none", "=x"], User: "web:7", WorkingDir: "/w" },
    ...{ StopSignal: "QUIT", Volumes: { "/data": {}, relative: {} } },
  };
  assert.deepEqual(parseImageConfig(JSON.stringify({ rootfs: { diff_ids: [DIGEST] }, config })), {
    diffIds: [DIGEST],
    ...{ entrypoint: ["/bin/a"], cmd: ["b"], env: { A: "b=c" }, user: "web:7", workingDir: "/w" },
    ...{ stopSignal: "SIGQUIT", volumes: ["/data"] },
  });
});

test("an image that says nothing is root's, at /, ended by SIGTERM", () => {
  for (const config of [undefined, null, { Entrypoint: null, Cmd: null, Env: null, Volumes: null }]) {
    const { diffIds: _ids, ...rest } = parseImageConfig(JSON.stringify({ rootfs: { diff_ids: [] }, config }));
    assert.deepEqual(rest, {
      ...{ entrypoint: [], cmd: [], env: {}, user: "", workingDir: "/", stopSignal: "SIGTERM", volumes: [] },
    });
  }
});

for (const [signal, expected] of [
  ["15", "15"],
  ["SIGRTMIN+3", "SIGRTMIN+3"],
  ["--help", "SIGTERM"],
  ["KILL; rm", "SIGTERM"],
] as const)
  test(`the stop signal ${signal} is ${expected}`, () => {
    const text = JSON.stringify({ rootfs: {}, config: { StopSignal: signal } });
    assert.equal(parseImageConfig(text).stopSignal, expected);
  });

test("digests that could be paths and too many layers are refused", () => {
  const manifest = (digest: string, count: number): string =>
    JSON.stringify({ config: { digest: DIGEST }, layers: Array(count).fill({ digest, size: 1 }) });
  assert.equal(parseManifest(manifest(DIGEST, 127)).layers.length, 127);
  assert.throws(() => parseManifest(manifest(DIGEST, 128)), /no more than 127/);
  assert.throws(() => parseManifest(manifest("sha256:../../etc/passwd", 1)), /a digest must be/);
});

test("of an index, the manifest for this machine", () => {
  const entry = (os: string, architecture: string, digest = DIGEST): object => ({
    digest,
    platform: { os, architecture },
  });
  const other = `sha256:${"b".repeat(64)}`;
  const index = (...manifests: object[]): string => JSON.stringify({ manifests });
  assert.equal(chooseManifest(index(entry("linux", "arm64", other), entry("linux", "amd64")), "amd64"), DIGEST);
  assert.equal(chooseManifest(index(entry("windows", "amd64"), { digest: DIGEST }), "amd64"), undefined);
  assert.equal(chooseManifest('{"layers":[]}', "amd64"), "itself");
  assert.throws(() => chooseManifest(index(entry("linux", "amd64", "../x")), "amd64"), /a digest must be/);
});

test("whatever the JSON, it is a manifest or a configuration, or is refused", () => {
  forAll(json(), (text) => parseOrRefuse(parseManifest, text, isRefusal));
  forAll(json(), (text) => parseOrRefuse(chooseManifest, `{"manifests":[${text}]}`, isRefusal));
  forAll(json(), (text) => parseOrRefuse(parseImageConfig, `{"rootfs":{},"config":${text}}`, isRefusal));
  forAll(json(), (text) =>
    parseOrRefuse(parseImageConfig, `{"rootfs":{},"config":{"Env":${text},"Cmd":${text}}}`, isRefusal),
  );
});
