import assert from "node:assert/strict";
import { test } from "node:test";
import { LayerError } from "./layer-error.ts";
import { type DirectoryMeta, LayerPlan } from "./layer-plan.ts";
import type { EntryType, TarEntry } from "./tar-header.ts";

const LIMITS = { bytes: 1000, entries: 20 };

function entry(type: EntryType, name: string, own: Partial<TarEntry> = {}): TarEntry {
  return { type, name, mode: 0o755, uid: 0, gid: 0, size: 0, mtime: "1", linkName: "", xattrs: {}, ...own };
}

/** What is written, as `<type> <name>[ -> <link>][ opaque]`. */
function written(entries: readonly TarEntry[], lower: Record<string, DirectoryMeta> = {}): string[] {
  const plan = new LayerPlan({ limits: LIMITS, hasMarks: true, lower: (path) => lower[path] });
  return entries.flatMap((each) => plan.place(each)).map(shownAs);
}

function shownAs({ type, name, linkName, xattrs }: TarEntry): string {
  const link = linkName === "" ? "" : ` -> ${linkName}`;
  return `${type} ${name}${link}${xattrs["trusted.overlay.opaque"] === "y" ? " opaque" : ""}`;
}

const file = (name: string): TarEntry => entry("file", name);
const link = (name: string, linkName: string): TarEntry => entry("symlink", name, { linkName });
const hard = (name: string, linkName: string): TarEntry => entry("link", name, { linkName });

for (const [what, entries, expected] of [
  ["names lose what says nothing", [file("./a//b/./c")], ["directory a", "directory a/b", "file a/b/c"]],
  ["the root itself is there already", [entry("directory", "./"), entry("directory", "/")], []],
  [
    "a link on the way is followed within the layer",
    [entry("directory", "usr/lib"), link("lib", "usr/lib"), file("lib/x")],
    ["directory usr", "directory usr/lib", "symlink lib -> usr/lib", "file usr/lib/x"],
  ],
  [
    "a link out of the root ends at the root",
    [link("out", "/../../etc"), file("out/passwd")],
    ["symlink out -> /../../etc", "directory etc", "file etc/passwd"],
  ],
  ["devices are left out, and links to them", [entry("character", "n"), entry("block", "s"), hard("m", "n")], []],
  ["a hard link keeps its target", [file("a"), hard("b/c", "/a")], ["file a", "directory b", "link b/c -> a"]],
  ["a whiteout is a device", [file("d/.wh.gone")], ["directory d", "character d/gone"]],
  ["what the layer has itself is not hidden", [file("a"), file(".wh.a")], ["file a"]],
  [
    "a folder made anew hides the old one",
    [file(".wh.a"), entry("directory", "a")],
    ["character a", "directory a opaque"],
  ],
  [
    "a folder made anew without a word hides the old one",
    [file(".wh.a"), file("a/b")],
    ["character a", "directory a opaque", "file a/b"],
  ],
  ["an opaque folder", [file("a/.wh..wh..opq")], ["directory a", "directory a opaque"]],
  ["marks of AUFS are nothing", [file(".wh..wh.plnk"), file(".wh..wh.aufs")], []],
] as const) {
  test(`layer: ${what}`, () => assert.deepEqual(written(entries), expected));
}

for (const [what, entries, message] of [
  ["a path out of the root", [file("a/../../b")], /leads out of the image's root/],
  ["a path below a file", [file("a"), file("a/b")], /a is no directory/],
  ["a hard link to another layer", [hard("a", "../../etc/shadow")], /leads out|no file of the layer/],
  ["a hard link to a folder", [entry("directory", "d"), hard("a", "d")], /no file of the layer/],
  ["a whiteout of everything", [file(".wh..")], /hides nothing/],
  ["links in a circle", [link("a", "b"), link("b", "a"), file("a/x")], /too many links/],
  [
    "too many bytes",
    [entry("file", "a", { size: 900 }), entry("file", "b", { size: 101 })],
    /more than the 1000 bytes/,
  ],
  ["too many entries", Array.from({ length: 21 }, (_, i) => file(`f${i}`)), /more than 20 entries/],
] as const) {
  test(`layer refused: ${what}`, () => {
    assert.throws(
      () => written(entries),
      (error) => error instanceof LayerError && message.test(error.message),
    );
  });
}

test("folders that only something below names are as in the layers below", () => {
  const plan = new LayerPlan({
    limits: LIMITS,
    hasMarks: true,
    lower: (path) => (path === "tmp" ? { mode: 0o1777, uid: 1, gid: 2 } : undefined),
  });
  const [tmp, sub] = plan.place(file("tmp/sub/x"));
  assert.deepEqual([tmp?.mode, tmp?.uid, tmp?.gid], [0o1777, 1, 2]);
  assert.deepEqual([sub?.mode, sub?.uid, sub?.gid], [0o755, 0, 0]);
});

test("of extended attributes only capabilities and users' own come through", () => {
  const plan = new LayerPlan({ limits: LIMITS, hasMarks: true, lower: () => undefined });
  const xattrs = {
    "security.capability": "\x01",
    "user.a": "b",
    "trusted.overlay.redirect": "/etc",
    "security.ima": "x",
  };
  assert.deepEqual(plan.place(entry("file", "ping", { xattrs })).at(-1)?.xattrs, {
    "security.capability": "\x01",
    "user.a": "b",
  });
});

test("where overlayfs cannot be, what hides is told of and not written", () => {
  const plan = new LayerPlan({ limits: LIMITS, hasMarks: false, lower: () => undefined });
  const entries = [file("a/.wh.gone"), file("b/.wh..wh..opq")].flatMap((each) => plan.place(each));
  assert.deepEqual(entries.map(shownAs), ["directory a", "directory b", "directory b"]);
  assert.deepEqual([plan.whiteouts, plan.opaque], [["a/gone"], ["b"]]);
});
