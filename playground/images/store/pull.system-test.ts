/** Pulls of real images by real programs, from registries that do one thing wrong each. Needs root: layers keep their owners. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "#base/log.ts";
import { run } from "#base/run.ts";
import { eventually } from "#kit/eventually.ts";
import { startCuttingProxy } from "#kit/images/cutting-proxy.ts";
import { type Fault, type FaultyRegistry, startFaultyRegistry } from "#kit/images/faulty-registry.ts";
import { type Descriptor, digestOf, layerOf, makeImage } from "#kit/images/layout.ts";
import { startRegistry } from "#kit/images/registry.ts";
import { formatEntry, type TarEntry } from "../layer/tar-header.ts";
import { parseReference } from "../reference.ts";
import { configureImages } from "./configure.ts";
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
  const storeAt = (name: string): ImageStore => new ImageStore({ root: join(folder, name) });
  const left = (root = join(folder, "store")): string[] => readdirSync(placesOf(root).tmp);

  for (const [fault, says] of [
    ["unauthorised", /unauthorized|authentication required/],
    ["rate-limited", /toomanyrequests|429/i],
    ["missing", /manifest unknown/],
    ["wrong-manifest", /digest/],
    ["wrong-layer", /digest|Digest/],
  ] as const) {
    it(`${fault}: the message says so, and nothing is left half done`, async () => {
      const own = storeAt(fault);
      await assert.rejects(pull(fault, registry, own), says);
      assert.deepEqual([left(join(folder, fault)), own.list()], [[], []]);
    });
  }

  const big = (): string => layers[1]?.digest ?? "";
  const partial = (root = join(folder, "store")): string => join(placesOf(root).partial, big().slice("sha256:".length));

  it("a registry that limits requests is told of at once, and left in peace for as long as it wants", async () => {
    await assert.rejects(pull("rate-limited"), /toomanyrequests: You have reached your pull rate limit\. \(not asked/);
    const before = registry.asked.length;
    await assert.rejects(pull("rate-limited"), /not asked again for \d+ s/);
    assert.equal(registry.asked.length, before);
  });

  it("cut in the middle of a layer, by a registry without ranges: said so, and begun anew", async () => {
    await assert.rejects(pull("cut"), /unexpected EOF.*of \d+ bytes have come/);
    assert.deepEqual([left(), store.list()], [[], []]);
    assert.ok(statSync(partial()).size > 0);
    const record = await pull("slow");
    assert.equal(record.layers.length, 2);
    assert.equal(existsSync(partial()), false);
  });

  it("cut after every half megabyte: the pull goes on each time, and nothing is sent twice", async () => {
    const before = registry.sent.get(big()) ?? 0;
    await pull("cut-often", registry, storeAt("often"));
    const sent = (registry.sent.get(big()) ?? 0) - before;
    assert.ok(sent >= 4 * MIB && sent < 4.5 * MIB, `${sent} bytes`);
  });

  it("so it is with TLS by a CA of one's own, a password, and whatever cuts in between", async () => {
    await using behind = await startRegistry();
    const image = makeImage({
      layers: [{ tar: layerOf((at) => writeFileSync(join(at, "big"), randomBytes(3 * MIB))) }],
    });
    await behind.push("team/big:1", { amd64: image, arm64: makeImage({ layers: [], architecture: "arm64" }) });
    await using between = await startCuttingProxy(behind.host, MIB);
    const root = join(folder, "private");
    configureImages(root, { registryCa: [behind.ca] });
    const reference = parseReference(`${between.host}/team/big:1`);
    assert.ok(reference);
    const credentials = [{ username: behind.username, password: behind.password }];
    await new ImageStore({ root }).pull(ctx, reference, credentials, never);
    assert.ok(between.sent() < 3.5 * MIB, `${between.sent()} bytes`);
  });

  it("and with a mirror of another name, as registries.conf has it", async () => {
    const root = join(folder, "mirrored");
    const registries = join(folder, "registries.conf");
    const lines = ["[[registry]]", 'prefix = "registry.example/team"', `location = "${registry.host}/cut-often"`];
    writeFileSync(registries, [...lines, "insecure = true", ""].join("\n"));
    configureImages(root, { registryCa: [], registries });
    const before = registry.sent.get(big()) ?? 0;
    const reference = parseReference("registry.example/team/image:1");
    assert.ok(reference);
    const record = await new ImageStore({ root }).pull(ctx, reference, [], never);
    const sent = (registry.sent.get(big()) ?? 0) - before;
    assert.deepEqual([record.reference, record.layers.length], ["registry.example/team/image:1", 2]);
    assert.ok(sent < 4.5 * MIB, `${sent} bytes`);
  });

  it("an agent that is killed in the middle of a layer goes on there when it is back", async () => {
    const root = join(folder, "killed");
    const program = join(folder, "agent.ts");
    writeFileSync(program, agentProgram(root, `${registry.host}/slow/image:1`));
    const before = registry.sent.get(big()) ?? 0;
    const agent = spawn(process.execPath, [program], { stdio: ["ignore", "ignore", "inherit"] });
    await eventually("half of the layer", () => {
      assert.ok((statSync(partial(root), { throwIfNoEntry: false })?.size ?? 0) > MIB);
    });
    agent.kill("SIGKILL");
    await once(agent, "close");
    const had = statSync(partial(root)).size;
    const own = storeAt("killed");
    await own.collectGarbage(ctx);
    assert.equal(statSync(partial(root)).size, had);
    await pull("none", registry, own);
    const sent = (registry.sent.get(big()) ?? 0) - before;
    assert.ok(sent < 5 * MIB, `${sent} bytes`);
    assert.deepEqual([left(root), readdirSync(placesOf(root).partial)], [[], []]);
  });

  it("a part that is not what it should be is thrown away, and the layer fetched anew, once", async () => {
    const root = join(folder, "corrupt");
    const own = storeAt("corrupt");
    writeFileSync(partial(root), Buffer.alloc(3 * MIB, 1));
    const before = registry.sent.get(big()) ?? 0;
    const record = await pull("none", registry, own);
    const sent = (registry.sent.get(big()) ?? 0) - before;
    assert.ok(record.layers.length === 2 && sent > 5 * MIB && sent < 6 * MIB, `${sent} bytes`);
  });

  it("a part of what the tag meant before is of no use to what it means now, and does no harm", async () => {
    const own = storeAt("moved");
    await assert.rejects(pull("cut", registry, own));
    const layer = layerOf((at) => writeFileSync(join(at, "other"), randomBytes(2 * MIB)));
    await using other = await startFaultyRegistry(makeImage({ layers: [{ tar: layer }] }));
    const record = await pull("cut-often", other, own);
    assert.equal(
      readFileSync(join(placesOf(join(folder, "moved")).layers, record.layers[0] ?? "", "fs/other")).length,
      2 * MIB,
    );
  });

  it("a registry that stops sending is given up after the time that the settings say", async () => {
    const root = join(folder, "silent");
    const own = storeAt("silent");
    configureImages(root, { registryCa: [], progressTimeoutMs: 1000 });
    await assert.rejects(pull("silent", registry, own), /nothing has come for 1 s/);
    assert.deepEqual(left(root), []);
    assert.equal(statSync(partial(root)).size, Math.ceil((layers[1]?.size ?? 0) / 2));
    await pull("none", registry, own);
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

/** A process that pulls an image, as a node agent does. */
function agentProgram(root: string, image: string): string {
  const at = (path: string): string => JSON.stringify(join(import.meta.dirname, path));
  return `
    import { parseReference } from ${at("../reference.ts")};
    import { ImageStore } from ${at("image-store.ts")};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const store = new ImageStore({ root: ${JSON.stringify(root)} });
    await store.pull({ signal: new AbortController().signal, log }, parseReference(${JSON.stringify(image)}), [], () => false);
  `;
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
