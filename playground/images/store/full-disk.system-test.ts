/** Images on a disk that is too small for all of them: a tmpfs of its own. Needs root, to mount it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { run } from "#base/run.ts";
import { eventually } from "#kit/eventually.ts";
import { type FaultyRegistry, startFaultyRegistry } from "#kit/images/faulty-registry.ts";
import { layerOf, makeImage } from "#kit/images/layout.ts";
import { parseReference } from "../reference.ts";
import { ImageStore } from "./image-store.ts";
import { placesOf } from "./places.ts";
import type { ImageRecord } from "./records.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const MIB = 1024 * 1024;
const DISK = 96 * MIB;
// Compressed and unpacked it takes twice as much.
const IMAGE = 12 * MIB;
// Images that came just now are not removed.
const clock = { ...systemClock, epochMs: () => Date.now() + 600_000 };

describe("images on a disk that is too small", { concurrency: 1 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
  const disk = join(folder, "disk");
  const root = join(disk, "image-store");
  const places = placesOf(root);
  const names = ["a", "b", "c", "d", "huge"] as const;
  const registries = new Map<string, FaultyRegistry>();
  let store: ImageStore;

  before(async () => {
    for (const name of names) {
      const bytes = randomBytes(name === "huge" ? 5 * IMAGE : IMAGE);
      const layer = { tar: layerOf((at) => writeFileSync(join(at, name), bytes)) };
      registries.set(name, await startFaultyRegistry(makeImage({ layers: [layer] })));
    }
    mkdirSync(disk);
  });
  beforeEach(async () => {
    await run("mount", ["-t", "tmpfs", "-o", `size=${DISK}`, "tmpfs", disk]);
    store = new ImageStore({ root, clock });
  });
  afterEach(() => run("umount", ["--lazy", disk]));
  after(async () => {
    for (const registry of registries.values()) await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function pull(name: (typeof names)[number], fault = "none"): Promise<ImageRecord> {
    const reference = parseReference(`${registries.get(name)?.host}/${fault}/image:1`);
    assert.ok(reference);
    return await store.pull(ctx, reference, [], () => false);
  }
  const here = (): string[] =>
    names.filter((name) =>
      store.list().some(({ repository }) => repository.startsWith(registries.get(name)?.host ?? "-")),
    );
  const free = (): number => {
    const { bsize, bavail } = statfsSync(disk);
    return bsize * bavail;
  };
  /** Nothing is there but what images have that are there. */
  function assertTidy(): void {
    const records = store.list();
    const blobs = records.flatMap((record) => record.blobs).map((digest) => digest.slice("sha256:".length));
    assert.deepEqual(readdirSync(join(places.blobs, "sha256")).sort(), blobs.sort());
    assert.deepEqual(readdirSync(places.layers).sort(), records.flatMap(({ layers }) => layers).sort());
    assert.deepEqual([readdirSync(places.tmp), readdirSync(places.partial)], [[], []]);
  }

  it("the next image takes the place of one that nothing uses, and those of running pods stay", async () => {
    const used = await pull("a");
    const bundle = join(folder, "bundle");
    await store.makeRoot(ctx, "pod", used, { bundle, workingDir: "/", volumes: [] });
    try {
      await pull("b");
      await pull("c");
      assert.deepEqual(here(), ["a", "b", "c"]);
      await pull("d");
      assert.ok(here().includes("a") && here().includes("d"), here().join(" "));
      assert.ok(!here().includes("b"));
      assert.equal(statSync(join(bundle, "rootfs/a")).size, IMAGE);
      assertTidy();
      assert.ok(free() > DISK * 0.05, `${free()} bytes are free`);
    } finally {
      await run("umount", ["--lazy", join(bundle, "rootfs")]);
      rmSync(bundle, { recursive: true });
    }
  });

  it("one that never fits is told so, names the disk, and takes nobody's place", async () => {
    await pull("a");
    await pull("b");
    await assert.rejects(pull("huge"), (error: Error) => {
      assert.match(error.message, /^no space left on the disk of .*\/disk\/image-store: \d+ bytes are free/);
      return true;
    });
    assert.deepEqual(here(), ["a", "b"]);
    assertTidy();
  });

  it("what others have filled up is told of, and once they have tidied up the pull goes through", async () => {
    const filler = join(disk, "filler");
    await run("fallocate", ["--length", String(free() - 2 * MIB), filler]);
    await assert.rejects(pull("a"), /no space left on the disk of /);
    assertTidy();
    rmSync(filler);
    await pull("a");
    assertTidy();
  });

  it("so is what gets full in the middle of a layer", async () => {
    const filler = join(disk, "filler");
    const pulling = pull("a", "slow");
    const ended = pulling.catch((error: unknown) => error);
    await eventually("the first bytes", () => assert.ok(readdirSync(places.partial).length > 0));
    // It ends when nothing is left.
    await assert.rejects(run("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]), /No space left/);
    assert.match(String(await ended), /no space left on the disk of /);
    assertTidy();
    rmSync(filler);
    await pull("a");
  });
});
