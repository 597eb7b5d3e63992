/**
 * Headers of tar archives, read and written. All text is latin1, one character a byte: names and extended attributes
 * are bytes to whoever wrote them, and come out as they went in. POSIX: pax, ustar; GNU: long names, numbers of base 256.
 */
import { LayerError } from "./layer-error.ts";

export type EntryType = "file" | "link" | "symlink" | "character" | "block" | "directory" | "fifo";

export interface TarEntry {
  readonly type: EntryType;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the body that follows. */
  readonly size: number;
  /** Seconds, perhaps with a fraction. */
  readonly mtime: string;
  readonly linkName: string;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** A header as it stands, before the extended headers in front of it are applied. */
export interface RawHeader {
  readonly flag: string;
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkName: string;
}

/** What headers in front of an entry say of it. */
export type Extended = Readonly<Record<string, string>>;

export const BLOCK = 512;
const XATTR = "SCHILY.xattr.";
const FLAGS: Readonly<Record<EntryType, string>> = {
  file: "0",
  link: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};
const TYPES = new Map(Object.entries(FLAGS).map(([type, flag]) => [flag, type as EntryType]));

/** Undefined for a block of zeros, which ends an archive. */
export function parseHeader(block: Buffer): RawHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const sum = number(block, 148, 8);
  let found = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) found += block[at] ?? 0;
  if (sum !== found) throw new LayerError("not a tar archive: a header has a wrong checksum");
  const isPosix = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isPosix ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    linkName: text(block, 157, 100),
  };
}

/** `30 path=a/long/name\n…`, each with its own length in front. */
export function parsePax(body: Buffer): Record<string, string> {
  const records: Record<string, string> = Object.create(null);
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? "" : body.toString("latin1", at, space);
    const length = Number(digits);
    const line = body.toString("latin1", space + 1, at + length - 1);
    const equals = line.indexOf("=");
    if (!/^\d{1,7}$/.test(digits) || at + length > body.length || length <= digits.length + 2 || equals < 1)
      throw new LayerError("not a tar archive: an extended header cannot be read");
    records[line.slice(0, equals)] = line.slice(equals + 1);
    at += length;
  }
  return records;
}

/** The entry that a header and what was in front of it describe. */
export function entryOf(header: RawHeader, extended: Extended): TarEntry {
  if (header.flag === "S" || Object.keys(extended).some((key) => key.startsWith("GNU.sparse.")))
    throw new LayerError(`${shown(header.name)}: sparse files are not supported`);
  const name = extended["path"] ?? header.name;
  const isOldDirectory = (header.flag === "\0" || header.flag === "0") && name.endsWith("/");
  const type = isOldDirectory ? "directory" : TYPES.get(["\0", "7"].includes(header.flag) ? "0" : header.flag);
  if (type === undefined)
    throw new LayerError(`${shown(name)}: entries of type "${shown(header.flag)}" are not supported`);
  const xattrs = Object.entries(extended).flatMap(([key, value]) =>
    key.startsWith(XATTR) ? [[key.slice(XATTR.length), value] as const] : [],
  );
  return {
    type,
    name,
    mode: header.mode & 0o7777,
    uid: whole(extended["uid"] ?? header.uid),
    gid: whole(extended["gid"] ?? header.gid),
    size: type === "file" ? whole(extended["size"] ?? header.size) : 0,
    mtime: /^-?\d{1,12}(\.\d{1,9})?$/.test(extended["mtime"] ?? "") ? (extended["mtime"] ?? "0") : String(header.mtime),
    linkName: extended["linkpath"] ?? header.linkName,
    xattrs: Object.fromEntries(xattrs),
  };
}

/** A pax header with all that matters, and a plain one that only older readers would believe. */
export function formatEntry(entry: TarEntry): Buffer {
  const records = Object.entries({
    path: entry.name,
    ...(entry.linkName !== "" && { linkpath: entry.linkName }),
    uid: String(entry.uid),
    gid: String(entry.gid),
    size: String(entry.size),
    mtime: entry.mtime,
    ...Object.fromEntries(Object.entries(entry.xattrs).map(([key, value]) => [`${XATTR}${key}`, value])),
  }).map(([key, value]) => paxRecord(key, value));
  const pax = Buffer.from(records.join(""), "latin1");
  const body = Buffer.alloc(Math.ceil(pax.length / BLOCK) * BLOCK);
  pax.copy(body);
  return Buffer.concat([
    formatHeader({ flag: "x", name: "pax", mode: 0o644, size: pax.length, linkName: "" }),
    body,
    formatHeader({
      flag: FLAGS[entry.type],
      name: entry.name.slice(0, 99),
      mode: entry.mode,
      size: entry.size,
      linkName: entry.linkName.slice(0, 99),
    }),
  ]);
}

/** Text of a foreign archive, for a message. */
export function shown(name: string): string {
  return JSON.stringify(Buffer.from(name.slice(0, 200), "latin1").toString("utf8")).slice(1, -1);
}

function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function formatHeader(h: { flag: string; name: string; mode: number; size: number; linkName: string }): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(
      value
        .toString(8)
        .padStart(length - 1, "0")
        .slice(-(length - 1)),
      at,
      "latin1",
    );
  };
  block.write(h.name, 0, 100, "latin1");
  octal(h.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(h.size, 124, 12);
  octal(0, 136, 12);
  block.write(h.flag, 156, "latin1");
  block.write(h.linkName, 157, 100, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  block.fill(0x20, 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  block[154] = 0;
  return block;
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString("latin1", at, end < 0 || end > at + length ? at + length : end);
}

/** Octal text, or, with the highest bit set, a binary number. */
function number(block: Buffer, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    const bytes = block.subarray(at + Math.max(1, length - 6), at + length);
    const isLarge = block.subarray(at + 1, at + length - 6).some((byte) => byte !== 0);
    if (block[at] !== 0x80 || isLarge) throw new LayerError("not a tar archive: a header has a number out of range");
    return bytes.reduce((value, byte) => value * 256 + byte, 0);
  }
  const digits = block
    .toString("latin1", at, at + length)
    .replace(/[\0 ]+$/, "")
    .trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) throw new LayerError("not a tar archive: a header has a number that is none");
  return Number.parseInt(digits, 8);
}

function whole(value: string | number): number {
  const result = Number(value);
  if (!Number.isSafeInteger(result) || result < 0)
    throw new LayerError(`not a tar archive: ${shown(String(value))} is no number`);
  return result;
}
