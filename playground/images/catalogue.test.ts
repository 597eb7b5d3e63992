import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { BOUTIQUE_SERVICES, builtinEntries } from "./builtin.ts";
import { openCatalogue } from "./catalogue.ts";
import { parseEntries } from "./entry.ts";
import { formatReference, parseReference } from "./reference.ts";

const MIB = 1024 * 1024;
// Google's manifests and ours: 128Mi.
const LEAST_LIMIT_BYTES = 128 * MIB;
// Anonymous memory of an idle service less its heap.
const NODE_ITSELF_BYTES = 40 * MIB;
const NO_FILE = "/nowhere/images.yaml";
const cache = mkdtempSync(join(tmpdir(), "images-test-"));
after(() => rmSync(cache, { recursive: true }));

test("references are normalised as container runtimes do", () => {
  const cases: [string, string][] = [
    ["redis", "docker.io/library/redis:latest"],
    ["redis:alpine", "docker.io/library/redis:alpine"],
    ["nicolaka/netshoot", "docker.io/nicolaka/netshoot:latest"],
    ["docker.io/redis", "docker.io/library/redis:latest"],
    ["localhost:5000/a/b:1", "localhost:5000/a/b:1"],
    [`busybox:1.38@sha256:${"f".repeat(64)}`, `docker.io/library/busybox@sha256:${"f".repeat(64)}`],
  ];
  for (const [text, expected] of cases) {
    const reference = parseReference(text);
    assert.ok(reference !== undefined);
    assert.equal(formatReference(reference), expected);
  }
  assert.equal(parseReference("UPPER/case"), undefined);
});

test("any tag and digest of a listed name is found; busybox gets its applets once", () => {
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file: NO_FILE });
  const looked = catalogue.lookup(`busybox:1.38.0@sha256:${"a".repeat(64)}`);
  assert.ok(looked.found);
  assert.deepEqual(looked.image.cmd, ["sh"]);
  const applets = readdirSync(join(cache, "busybox-bin"));
  assert.ok(applets.includes("sh") && applets.includes("awk") && applets.includes("wget"));
});

test("an unknown image is somebody else's, and a missing bundle says how to build it", () => {
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file: NO_FILE });
  const unknown = catalogue.lookup("example.com/a/b:1");
  assert.deepEqual(unknown, {
    found: false,
    reason: "NotListed",
    reference: { repository: "example.com/a/b", tag: "1" },
  });
  const shop = catalogue.lookup("us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/frontend:v0.10.6");
  assert.ok(!shop.found && shop.reason === "ErrImagePull");
  assert.match(shop.message, /frontend\.js, which does not exist on this machine; run: npm run bundle/);
});

test("a user's entry replaces a built-in image, for one tag when it names one", () => {
  const file = join(cache, "mine.yaml");
  writeFileSync(file, "images:\n  - names: [redis:mine]\n    base: busybox\n    cmd: [echo, mine]\n");
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file });
  const mine = catalogue.lookup("redis:mine");
  const other = catalogue.lookup("redis:7");
  assert.ok(mine.found && other.found);
  assert.deepEqual(mine.image.cmd, ["echo", "mine"]);
  assert.deepEqual(other.image.cmd, ["redis-server"]);
});

test("a user's file counts from when it is written, and is read again when it changes", () => {
  const file = join(cache, "later.yaml");
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file });
  const cmdOf = (): readonly string[] | string => {
    const looked = catalogue.lookup("example.com/later");
    return looked.found ? looked.image.cmd : looked.reason;
  };
  const write = (cmd: string) =>
    writeFileSync(file, `images:\n  - names: [example.com/later]\n    base: busybox\n    cmd: [${cmd}]\n`);
  assert.equal(cmdOf(), "NotListed");
  write("one");
  assert.deepEqual(cmdOf(), ["one"]);
  write("two, three");
  assert.deepEqual(cmdOf(), ["two", "three"]);
  rmSync(file);
  assert.equal(cmdOf(), "NotListed");
});

test("a file that is wrong leaves what it said before, and the next unknown image tells what is wrong", () => {
  const file = join(cache, "wrong.yaml");
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file });
  writeFileSync(file, "images:\n  - names: [example.com/kept]\n    base: busybox\n");
  assert.ok(catalogue.lookup("example.com/kept").found);
  for (const [text, problem] of [
    ["images:\n  - names: [example.com/kept]\n    base: scratch\n", 'images[0].base: must be "host" or "busybox"'],
    ["images: [", ""],
  ] as const) {
    writeFileSync(file, text);
    assert.ok(catalogue.lookup("example.com/kept").found);
    const unknown = catalogue.lookup("example.com/unknown");
    assert.ok(!unknown.found && unknown.reason === "NotListed");
    assert.ok(unknown.problem?.startsWith(`${file}: ${problem}`), unknown.problem);
  }
});

test("an entry may mean another image, ours or a registry's, and one of ours may be a registry's after all", () => {
  const file = join(cache, "aliases.yaml");
  const entries = [
    "{names: [example.com/cache], alias: 'redis:7'}",
    "{names: [example.com/web], alias: 'registry.example.com/web:2'}",
    "{names: [nginx], pull: true}",
    "{names: [example.com/circle], alias: example.com/circle}",
  ];
  writeFileSync(file, `images: [${entries.join(", ")}]`);
  const catalogue = openCatalogue({ cache, bundles: "/nowhere", file });
  const ours = catalogue.lookup("example.com/cache:1");
  assert.ok(ours.found);
  assert.deepEqual([ours.image.reference, ours.image.cmd], ["example.com/cache:1", ["redis-server"]]);
  const named = (name: string): unknown => {
    const looked = catalogue.lookup(name);
    return looked.found || looked.reason !== "NotListed" ? looked : formatReference(looked.reference);
  };
  assert.equal(named("example.com/web"), "registry.example.com/web:2");
  assert.equal(named("nginx:1"), "docker.io/library/nginx:1");
  const circle = catalogue.lookup("example.com/circle");
  assert.ok(!circle.found && circle.reason === "ErrImagePull");
  assert.match(circle.message, /its aliases go in circles/);
});

test("fields that the catalogue does not know are refused by name", () => {
  assert.throws(
    () => parseEntries("images: [{names: [a], base: host, volumes: []}]", "x.yaml"),
    /images\[0\]\.volumes: not supported/,
  );
  assert.throws(
    () => parseEntries("images: [{names: [a], base: scratch}]", "x.yaml"),
    /base: must be "host" or "busybox"/,
  );
});

test("the shop's programs stay within the least memory limit of their manifests, in the Dockerfile too", () => {
  const entries = builtinEntries({ bundles: "/nowhere", node: process.execPath });
  const commands = BOUTIQUE_SERVICES.map((name) => {
    const entry = entries.find(({ names }) => names.some((image) => image.endsWith(`/${name}`)));
    return (entry?.entrypoint ?? []).slice(0, -1);
  });
  const dockerfile = readFileSync(join(import.meta.dirname, "../../apps/boutique/Dockerfile"), "utf8");
  const built = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]";
  const [first = []] = commands;
  for (const command of [...commands, (JSON.parse(built) as string[]).slice(0, -1)]) assert.deepEqual(command, first);
  const ask = "process.stdout.write(String(require('node:v8').getHeapStatistics().heap_size_limit))";
  const heapBytes = Number(execFileSync(process.execPath, [...first.slice(1), "-e", ask], { encoding: "utf8" }));
  assert.ok(heapBytes > 32 * MIB && heapBytes + NODE_ITSELF_BYTES < LEAST_LIMIT_BYTES, `heap of ${heapBytes} bytes`);
});
