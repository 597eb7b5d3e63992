import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { resolveInRoot } from "../path-in-root.ts";
import { placesOf } from "./places.ts";
import { limitIn, missingPackages, repositoryOf, saidBy, trustIn } from "./skopeo.ts";

const root = mkdtempSync(join(tmpdir(), "skopeo-test-"));
after(() => rmSync(root, { recursive: true }));

test("a pod shows what skopeo's fatal line says, and else its last", () => {
  const fatal =
    'time="2026" level=warning msg="no"\ntime="2026" level=fatal msg="reading manifest v1 in \\"r/x\\": denied\\nno"\n';
  assert.equal(saidBy(fatal), 'reading manifest v1 in "r/x": denied no');
  assert.equal(saidBy("first\nlast\n"), "last");
});

test("a machine that lacks programs is told which packages have them", () => {
  assert.deepEqual(missingPackages(root), ["skopeo", "curl", "util-linux", "tar"]);
});

test("registries of this machine do without TLS until somebody has said how to trust any", () => {
  const places = placesOf(root);
  const isInsecure = (source: string): boolean => trustIn(places, source).isInsecure;
  assert.equal(isInsecure("docker://127.0.0.1:5000/x"), true);
  assert.equal(isInsecure("docker://localhost/x"), true);
  assert.equal(isInsecure("docker://127.0.0.1.example.com/x"), false);
  mkdirSync(places.ca);
  assert.deepEqual(trustIn(places, "docker://localhost/x"), { certificates: places.ca, isInsecure: false });
});

test("skopeo's log says where it has found an image, and when a registry has had enough", () => {
  const line = (text: string): string => `time="2026" level=debug msg="${text}"\n`;
  const asked = ["https://a.example/v2/", "https://a.example/v2/x/y/manifests/1", "http://b:5000/v2/m/x/y/manifests/1"];
  const log = asked.map((url) => line(`GET ${url}`)).join("");
  assert.deepEqual([repositoryOf(log), repositoryOf("")], ["http://b:5000/v2/m/x/y", undefined]);
  const wait = line(`Detected 'Retry-After' header \\"90\\"`);
  const many = line(`Too many requests to ${asked[2]}: sleeping for 60.000000 seconds before next attempt`);
  const { retryAfterMs, url } = limitIn(log + wait + many, 0) ?? {};
  assert.deepEqual([retryAfterMs, url, limitIn(log, 0)], [90_000, asked[2], undefined]);
  assert.equal(saidBy(`last\n${log}`), "last");
});

test("links of an image are followed inside it", () => {
  const links: Record<string, string> = { a: "/b", "b/c": "../../../d", up: "..", round: "round" };
  const look = (path: string) => (links[path] === undefined ? undefined : { link: links[path] });
  assert.equal(resolveInRoot("/a/x", look), "b/x");
  assert.equal(resolveInRoot("a/c/passwd", look), "d/passwd");
  assert.equal(resolveInRoot("up/../../etc", look), "etc");
  assert.equal(resolveInRoot("round/x", look), undefined);
});
