import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { whileItComes } from "./growth.ts";
import { type Places, placesOf } from "./places.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const blob = (name: string): string => join(places.blobs, "sha256", name);
let places: Places;

describe("while an image comes", () => {
  beforeEach(() => {
    places = placesOf(mkdtempSync(join(tmpdir(), "growth-test-")));
    for (const folder of [join(places.blobs, "sha256"), places.partial, places.layers, join(places.tmp, "a/layout")])
      mkdirSync(folder, { recursive: true });
    writeFileSync(places.settings, JSON.stringify({ mostBytes: 100, progressTimeoutMs: 1000 }));
    writeFileSync(blob("old"), Buffer.alloc(40));
  });
  afterEach(() => rmSync(places.root, { recursive: true }));

  interface Watched {
    /** Lets it look so many times. */
    readonly look: (times: number) => Promise<void>;
    /** Why the work was ended; undefined while it goes on. */
    readonly why: () => string | undefined;
  }

  /** Work that ends with its context. */
  function watched(): Watched {
    const clock = steppedClock();
    const work = ({ signal }: Context): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("ended"))));
    let why: string | undefined;
    void whileItComes(ctx, { places, clock }, work).catch((error: Error) => (why = error.message));
    const look = async (times: number): Promise<void> => {
      for (let at = 0; at < times; at++) {
        clock.step(500);
        await new Promise(setImmediate);
      }
    };
    return { look, why: () => why };
  }

  it("a pull to which something comes now and again goes on, and one to which nothing comes is ended", async () => {
    const { look, why } = watched();
    const partial = join(places.partial, "x");
    const layout = join(places.tmp, "a/layout/oci-put-blob1");
    for (const [path, bytes] of [[partial, 10] as const, [partial, 20] as const, [layout, 5] as const]) {
      writeFileSync(path, Buffer.alloc(bytes));
      await look(3);
      assert.equal(why(), undefined);
    }
    await look(1);
    assert.equal(why(), "nothing has come for 1 s");
  });

  it("more than there is room for ends it, what was there before counts, and what is complete counts once", async () => {
    const { look, why } = watched();
    writeFileSync(join(places.partial, "x"), Buffer.alloc(50));
    await look(1);
    renameSync(join(places.partial, "x"), blob("x"));
    await look(1);
    writeFileSync(join(places.partial, "y"), Buffer.alloc(10));
    await look(1);
    assert.equal(why(), undefined);
    writeFileSync(join(places.partial, "y"), Buffer.alloc(11));
    await look(1);
    assert.match(why() ?? "", /more than the 100 bytes/);
  });

  it("what ends by itself gives what it gives", async () => {
    const clock = steppedClock();
    assert.equal(await whileItComes(ctx, { places, clock }, async () => "all"), "all");
    await assert.rejects(
      whileItComes(ctx, { places, clock }, () => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
  });
});
