import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { resolveInRoot } from "../path-in-root.ts";
import { placesOf } from "./places.ts";
import { missingPackages, saidBy, tlsFlags } from "./skopeo.ts";

const root = mkdtempSync(join(tmpdir(), "skopeo-test-"));
after(() => rmSync(root, { recursive: true }));

test("a pod shows what skopeo's fatal line says, and else its last", () => {
  const fatal =
    'time="2026" level=warning msg="no"\ntime="2026" level=fatal msg="reading manifest v1 in \\"r/x\\": denied\\nno"\n';
  assert.equal(saidBy(fatal), 'reading manifest v1 in "r/x": denied no');
  assert.equal(saidBy("first\nlast\n"), "last");
});

test("a machine that lacks programs is told which packages have them", () => {
  assert.deepEqual(missingPackages(root), ["skopeo", "util-linux", "tar"]);
});

test("registries of this machine do without TLS until somebody has said how to trust any", () => {
  const places = placesOf(root);
  assert.deepEqual(tlsFlags(places, "docker://127.0.0.1:5000/x", "src-"), ["--src-tls-verify=false"]);
  assert.deepEqual(tlsFlags(places, "docker://localhost/x", ""), ["--tls-verify=false"]);
  assert.deepEqual(tlsFlags(places, "docker://127.0.0.1.example.com/x", ""), []);
  mkdirSync(places.ca);
  assert.deepEqual(tlsFlags(places, "docker://localhost/x", ""), [`--cert-dir=${places.ca}`]);
});

test("links of an image are followed inside it", () => {
  const links: Record<string, string> = { a: "/b", "b/c": "../../../d", up: "..", round: "round" };
  const look = (path: string) => (links[path] === undefined ? undefined : { link: links[path] });
  assert.equal(resolveInRoot("/a/x", look), "b/x");
  assert.equal(resolveInRoot("a/c/passwd", look), "d/passwd");
  assert.equal(resolveInRoot("up/../../etc", look), "etc");
  assert.equal(resolveInRoot("round/x", look), undefined);
});
