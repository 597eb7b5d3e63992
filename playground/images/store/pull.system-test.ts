/** Pulls of real images by real programs, from registries that do one thing wrong each. Needs root: layers keep their owners. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "#base/log.ts";
import { run } from "#base/run.ts";
import { type Fault, type FaultyRegistry, startFaultyRegistry } from "#kit/images/faulty-registry.ts";
import { type Descriptor, digestOf, layerOf, makeImage } from "#kit/images/layout.ts";
import { formatEntry, type TarEntry } from "../layer/tar-header.ts";
import { parseReference } from "../reference.ts";
import { ImageStore } from "./image-store.ts";
import { placesOf } from "./places.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const MIB = 1024 * 1024;
const never = (): boolean => false;

describe("pulling from registries that fail", { concurrency: 1 }, () => {
  let folder: string;
  let registry: FaultyRegistry;
  let store: ImageStore;
  let layers: readonly Descriptor[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pull-test-"));
    const layerWith = (name: string, bytes: Buffer) => ({ tar: layerOf((at) => writeFileSync(join(at, name), bytes)) });
    const image = makeImage({ layers: [layerWith("small", Buffer.alloc(1)), layerWith("big", randomBytes(4 * MIB))] });
    layers = image.layers;
    registry = await startFaultyRegistry(image);
    store = new ImageStore({ root: join(folder, "store") });
  });

  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const pull = (fault: Fault, at = registry, into = store) => {
    const reference = parseReference(`${at.host}/${fault}/image:1`);
    assert.ok(reference);
    return into.pull(ctx, reference, [], never);
  };
  const left = (root = join(folder, "store")): string[] => readdirSync(placesOf(root).tmp);

  for (const [fault, says] of [
    ["unauthorised", /unauthorized|authentication required/],
    ["rate-limited", /toomanyrequests|429/i],
    ["missing", /manifest unknown/],
    ["wrong-manifest", /digest/],
    ["wrong-layer", /digest|Digest/],
  ] as const) {
    it(`${fault}: the message says so, and nothing is left half done`, async () => {
      await assert.rejects(pull(fault), says);
      assert.deepEqual(left(), []);
      assert.deepEqual(store.list(), []);
    });
  }

  it("cut in the middle of a layer: the next pull asks only for what was not complete", async () => {
    await assert.rejects(pull("cut"), /EOF/);
    assert.deepEqual([left(), store.list()], [[], []]);
    const before = registry.asked.length;
    const record = await pull("slow");
    const again = registry.asked.slice(before);
    const [small, big] = layers.map(({ digest }) => again.some((line) => line.endsWith(digest)));
    assert.deepEqual([small, big, record.layers.length], [false, true, 2]);
  });

  it("layers that are here are not asked for again, whatever the image is called", async () => {
    const before = registry.asked.length;
    await pull("none");
    const again = registry.asked.slice(before);
    assert.ok(
      layers.every(({ digest }) => !again.some((line) => line.endsWith(digest))),
      again.join("\n"),
    );
    assert.equal(readdirSync(placesOf(join(folder, "store")).layers).length, 2);
  });

  for (const [what, tar, says] of [
    ["more bytes than there is room for", () => zeros(64 * MIB), /more than the \d+ bytes/],
    ["a path out of the root", () => evil({ name: "../../etc/cron.d/x" }), /leads out of the image's root/],
    [
      "a hard link to the machine's files",
      () => evil({ type: "link", name: "x", linkName: "/etc/shadow" }),
      /no file of the layer/,
    ],
    [
      "a digest that is another's",
      () => Buffer.concat([evil({ name: "x" }), Buffer.alloc(512)]),
      /has the digest sha256/,
    ],
  ] as const) {
    it(`a layer with ${what} is refused, and nothing of it stays`, async () => {
      const root = join(folder, what.replaceAll(" ", "-"));
      mkdirSync(root);
      writeFileSync(placesOf(root).settings, JSON.stringify({ mostBytes: 16 * MIB }));
      const own = new ImageStore({ root });
      const honest = makeImage({ layers: [{ tar: tar() }] });
      const image = what.startsWith("a digest") ? withOtherDiffId(tar()) : honest;
      await using bad = await startFaultyRegistry(image);
      await assert.rejects(pull("none", bad, own), says);
      assert.deepEqual([left(root), readdirSync(placesOf(root).layers), own.list()], [[], [], []]);
    });
  }

  it("links of a layer lead nowhere outside, and devices are left out", async () => {
    const root = join(folder, "outside");
    const outside = join(folder, "untouched");
    const own = new ImageStore({ root });
    const entries = [
      { type: "symlink", name: "out", linkName: `../../../../../../../../..${outside}` },
      { name: "out", linkName: "" },
      { type: "character", name: "disk" },
    ] as const;
    const tar = Buffer.concat([
      ...[entries[0], entries[2]].map((own) => formatEntry({ ...EMPTY, ...own })),
      formatEntry({ ...EMPTY, name: "out/file" }),
      Buffer.alloc(1024),
    ]);
    await using registryOf = await startFaultyRegistry(makeImage({ layers: [{ tar }] }));
    const record = await pull("none", registryOf, own);
    const fs = join(placesOf(root).layers, record.layers[0] ?? "", "fs");
    assert.equal(existsSync(outside), false);
    assert.equal(existsSync(join(fs, "disk")), false);
    assert.equal(existsSync(join(fs, outside, "file")), true);
  });

  it("what an agent that was killed has left goes at the next start; blobs stay for an hour", async () => {
    mkdirSync(join(placesOf(join(folder, "store")).tmp, "half"));
    await store.collectGarbage(ctx);
    assert.deepEqual(left(), []);
    assert.ok(store.list().length > 0);
  });

  it("a container's root shows the image, keeps what it writes to itself, and holds the image", async () => {
    const bundle = join(folder, "bundle");
    const [record] = store.list();
    assert.ok(record);
    await store.makeRoot(ctx, "one", record, { bundle, workingDir: "/work", volumes: [] });
    try {
      assert.equal(readFileSync(join(bundle, "rootfs/big")).length, 4 * MIB);
      writeFileSync(join(bundle, "rootfs/big"), "mine");
      assert.ok(existsSync(join(bundle, "rootfs/work")));
      const layer = join(placesOf(join(folder, "store")).layers, record.layers[1] ?? "");
      assert.equal(readFileSync(join(layer, "fs/big")).length, 4 * MIB);
    } finally {
      await run("umount", ["--lazy", join(bundle, "rootfs")]);
    }
  });

  it("where there is no overlayfs the root is a copy, with whatever upper layers hide away", async () => {
    const base = layerOf((at) => {
      for (const name of ["kept", "hidden", "old"]) writeFileSync(join(at, name), name);
      mkdirSync(join(at, "folder"));
      writeFileSync(join(at, "folder/old"), "old");
    });
    const over = layerOf((at) => {
      for (const name of [".wh.hidden", "folder/.wh..wh..opq", "folder/new"]) {
        mkdirSync(join(at, "folder"), { recursive: true });
        writeFileSync(join(at, name), "new");
      }
      mkdirSync(join(at, "old"));
    });
    await using other = await startFaultyRegistry(makeImage({ layers: [{ tar: base }, { tar: over }] }));
    const record = await pull("none", other);
    // Overlayfs cannot stand on overlayfs.
    const [lower, upper, work, nested] = ["lower", "upper", "work", "nested"].map((name) => join(folder, name));
    for (const each of [lower, upper, work, nested]) mkdirSync(each ?? "");
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    await run("mount", ["-t", "overlay", "overlay", "-o", options, nested ?? ""]);
    try {
      const bundle = join(nested ?? "", "bundle");
      await store.makeRoot(ctx, "two", record, { bundle, workingDir: "/", volumes: [] });
      assert.deepEqual(readdirSync(join(bundle, "rootfs")).sort(), ["folder", "kept", "old"]);
      assert.deepEqual(readdirSync(join(bundle, "rootfs/folder")), ["new"]);
      assert.deepEqual(readdirSync(join(bundle, "rootfs/old")), []);
    } finally {
      await run("umount", ["--lazy", nested ?? ""]);
    }
  });
});

const EMPTY: TarEntry = {
  ...{ type: "file", name: "", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: "0", linkName: "", xattrs: {} },
};

function evil(entry: Partial<TarEntry>): Buffer {
  return Buffer.concat([formatEntry({ ...EMPTY, ...entry }), Buffer.alloc(1024)]);
}

/** A thousandth of it when compressed. */
function zeros(size: number): Buffer {
  return Buffer.concat([formatEntry({ ...EMPTY, name: "zeros", size }), Buffer.alloc(size + 1024)]);
}

/** An image whose configuration speaks of another layer than its manifest. */
function withOtherDiffId(tar: Buffer): ReturnType<typeof makeImage> {
  const [image, other] = [makeImage({ layers: [{ tar }] }), makeImage({ layers: [{ tar: evil({ name: "other" }) }] })];
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: image.manifest.mediaType,
      config: other.config,
      layers: image.layers,
    }),
  );
  const digest = digestOf(manifest);
  const blobs = new Map([...other.blobs, ...image.blobs, [digest, manifest]]);
  return { ...image, manifest: { ...image.manifest, digest, size: manifest.length }, blobs };
}
