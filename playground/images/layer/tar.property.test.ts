import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, nat, tuple, uint8Array } from "fast-check";
import { forAll } from "#kit/properties.ts";
import { LayerError } from "./layer-error.ts";
import { LayerPlan } from "./layer-plan.ts";
import { BLOCK, formatEntry, parseHeader, parsePax, type TarEntry } from "./tar-header.ts";
import { paddingOf, TarReader } from "./tar-reader.ts";

const LIMITS = { bytes: 1_000_000, entries: 1000 };

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Read {
  readonly entry: TarEntry;
  readonly body: string;
}

async function readAll(bytes: Buffer, chunk: number): Promise<Read[]> {
  const reader = new TarReader(chunksOf(bytes, chunk));
  const read: Read[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const parts: Buffer[] = [];
    for await (const part of reader.body()) parts.push(part);
    read.push({ entry, body: Buffer.concat(parts).toString("latin1") });
  }
  return read;
}

function archive(entries: readonly Read[]): Buffer {
  const parts = entries.flatMap(({ entry, body }) => [
    formatEntry(entry),
    Buffer.from(body, "latin1"),
    Buffer.alloc(paddingOf(entry.size)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const bytes = (least: number, most: number) =>
  array(constantFrom(..."abc./\xff\x01=\n é"), { minLength: least, maxLength: most }).map((all) => all.join(""));
const entries = array(
  tuple(bytes(1, 150), bytes(0, 20), nat(0o7777), nat(2 ** 31), nat(2_000_000_000)).map(
    ([name, body, mode, uid, mtime]): Read => {
      const xattrs = { "user.x": body, "security.capability": `\x00${name}` };
      const entry: TarEntry = {
        ...{ type: "file", name: `${name}.`, mode, uid, gid: uid + 1, mtime: `${mtime}.5`, linkName: "", xattrs },
        size: body.length,
      };
      return { entry, body };
    },
  ),
  { maxLength: 5 },
);

test("an archive comes out as it went in, however it arrives", async () => {
  const cases: [Read[], number][] = [];
  forAll(tuple(entries, nat(1500)), ([list, chunk]) => cases.push([list, chunk + 1]));
  for (const [list, chunk] of cases) assert.deepEqual(await readAll(archive(list), chunk), list);
});

test("cut anywhere, an archive ends early or is refused", async () => {
  const entry: TarEntry = {
    ...{ type: "file", name: "a", mode: 0, uid: 0, gid: 0, mtime: "0", linkName: "", xattrs: {} },
    size: 3,
  };
  const whole = archive([{ entry, body: "xyz" }]);
  for (let length = 0; length < whole.length; length += 64) {
    const read = await readAll(whole.subarray(0, length), 100).catch((error: unknown) => {
      assert.ok(error instanceof LayerError, String(error));
      return [];
    });
    assert.ok(read.length <= 1);
  }
});

test("whatever the bytes, they are an archive or are refused, and nothing placed leaves the root", async () => {
  const found: Buffer[] = [];
  const raw = uint8Array({ maxLength: 1200 }).map((all) => Buffer.from(all));
  forAll(raw, (all) => found.push(all));
  forAll(tuple(entries, uint8Array({ minLength: 1, maxLength: 4 }), nat(4000)), ([list, dirt, at]) => {
    const spoiled = archive(list);
    Buffer.from(dirt).copy(spoiled, at % spoiled.length);
    found.push(spoiled);
  });
  for (const all of found) {
    const plan = new LayerPlan({ limits: LIMITS, hasMarks: true, lower: () => undefined });
    const reader = new TarReader(chunksOf(all, 333));
    try {
      for (let entry = await reader.next(); entry !== undefined; entry = await reader.next())
        for (const { name, linkName, type } of plan.place(entry)) {
          assert.ok(!name.startsWith("/") && !name.split("/").includes(".."), name);
          assert.ok(type !== "link" || !linkName.split("/").includes(".."), linkName);
        }
    } catch (error) {
      assert.ok(error instanceof LayerError, String(error));
    }
  }
});

test("headers with numbers of base 256 and with none are read, and a wrong sum is refused", () => {
  const [, , header = Buffer.alloc(0)] = blocksOf(formatEntry({ ...EMPTY, name: "a" }));
  const changed = Buffer.from(header);
  changed.fill(0, 108, 116);
  Buffer.from([0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]).copy(changed, 108);
  assert.throws(() => parseHeader(changed), /wrong checksum/);
  assert.equal(parseHeader(withSum(changed))?.uid, 0x7fffffff);
  assert.equal(parseHeader(Buffer.alloc(BLOCK)), undefined);
});

for (const text of ["5 a=b\n9999", "x a=b\n", "0 a=b\n", "6 a=b", "7 ab=\n\n99 c=d\n", "4 =\n"])
  test(`an extended header ${JSON.stringify(text)} is refused`, () =>
    assert.throws(() => parsePax(Buffer.from(text)), LayerError));

const EMPTY: TarEntry = {
  ...{ type: "file", name: "", mode: 0, uid: 0, gid: 0, size: 0, mtime: "0", linkName: "", xattrs: {} },
};

function blocksOf(all: Buffer): Buffer[] {
  return Array.from({ length: all.length / BLOCK }, (_, i) => all.subarray(i * BLOCK, (i + 1) * BLOCK));
}

function withSum(header: Buffer): Buffer {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
