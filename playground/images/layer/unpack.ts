/** Unpacks one layer into a folder that overlayfs can lay over others: checked entry by entry, written by tar. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { LayerError } from "./layer-error.ts";
import { type DirectoryMeta, type LayerLimits, LayerPlan } from "./layer-plan.ts";
import { formatEntry } from "./tar-header.ts";
import { paddingOf, TarReader } from "./tar-reader.ts";

export interface UnpackOptions {
  /** Compressed or not. */
  readonly archive: string;
  /** `sha256:…` of the archive once it is not compressed. */
  readonly diffId: string;
  /** Empty, and there. */
  readonly folder: string;
  /** The unpacked layers below, the topmost first. */
  readonly lower: readonly string[];
  readonly limits: LayerLimits;
  /** False where the folder's file system does not take overlayfs' marks. */
  readonly hasMarks: boolean;
}

export interface UnpackedLayer {
  readonly sizeBytes: number;
  readonly entries: number;
  readonly whiteouts: readonly string[];
  readonly opaque: readonly string[];
}

const GZIP = "1f8b";
const ZSTD = "28b52ffd";
const OTHERS: Readonly<Record<string, string>> = { "425a68": "bzip2", fd377a: "xz" };
const ZEROS = Buffer.alloc(1024);

export async function unpackLayer(ctx: Context, options: UnpackOptions): Promise<UnpackedLayer> {
  const { limits, hasMarks } = options;
  const plan = new LayerPlan({ limits, hasMarks, lower: (path) => metaBelow(options.lower, path) });
  const digest = createHash("sha256");
  const source = await openArchive(options.archive);
  await using tar = startTar(ctx, options.folder);
  try {
    const reader = new TarReader(hashed(source, digest));
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      const written = plan.place(entry);
      for (const each of written) await tar.write(formatEntry(each));
      const hasBody = written.at(-1)?.type === "file" && entry.type === "file";
      if (!hasBody) continue;
      for await (const chunk of reader.body()) await tar.write(chunk);
      await tar.write(ZEROS.subarray(0, paddingOf(entry.size)));
    }
    await reader.drain();
  } catch (cause) {
    throw cause instanceof LayerError ? cause : new LayerError(`unpack layer: ${messageOf(cause)}`, { cause });
  } finally {
    source.destroy();
  }
  await tar.write(ZEROS);
  await tar.end();
  const found = `sha256:${digest.digest("hex")}`;
  if (found !== options.diffId)
    throw new LayerError(`the layer's content has the digest ${found} and not ${options.diffId}, as its image says`);
  const { sizeBytes, entries, whiteouts, opaque } = plan;
  return { sizeBytes, entries, whiteouts, opaque };
}

async function openArchive(path: string): Promise<Readable> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  await file.close();
  const magic = buffer.toString("hex", 0, bytesRead);
  const other = Object.keys(OTHERS).find((prefix) => magic.startsWith(prefix));
  if (other !== undefined) throw new LayerError(`layers compressed by ${OTHERS[other]} are not supported`);
  const raw = createReadStream(path, { highWaterMark: 256 * 1024 });
  const unpacked = magic.startsWith(GZIP) ? createGunzip({ chunkSize: 256 * 1024 }) : undefined;
  const decoder = magic === ZSTD ? createZstdDecompress({ chunkSize: 256 * 1024 }) : unpacked;
  if (decoder === undefined) return raw;
  raw.on("error", (error) => decoder.destroy(error));
  decoder.on("close", () => raw.destroy());
  return raw.pipe(decoder);
}

async function* hashed(source: Readable, digest: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    digest.update(chunk);
    yield chunk;
  }
}

interface Tar extends AsyncDisposable {
  write(bytes: Buffer): Promise<void>;
  /** Resolves when all is on the disk. */
  end(): Promise<void>;
}

/** GNU tar, which knows owners, modes, links, devices and extended attributes, all of which only it is told by us. */
function startTar(ctx: Context, folder: string): Tar {
  const args = ["--extract", "--file=-", `--directory=${folder}`, "--numeric-owner", "--same-owner"];
  const kept = ["--preserve-permissions", "--delay-directory-restore", "--xattrs", "--xattrs-include=*"];
  const child = spawn("tar", [...args, ...kept], {
    stdio: ["pipe", "ignore", "pipe"],
    signal: ctx.signal,
    killSignal: "SIGKILL",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(0, 2000)));
  const ended = endOf(child, () => said);
  // Whoever writes or ends is told; nobody else waits for it.
  ended.catch(() => undefined);
  child.stdin?.on("error", () => undefined);
  return {
    write: async (bytes) => {
      if (child.stdin?.write(bytes) !== false) return;
      await Promise.race([
        once(child.stdin, "drain", { signal: ctx.signal }),
        ended.then(() => Promise.reject(new LayerError("tar has ended early"))),
      ]);
    },
    end: async () => {
      child.stdin?.end();
      await ended;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill("SIGKILL");
      await ended.catch(() => undefined);
    },
  };
}

function endOf(child: ChildProcess, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(new LayerError(`tar could not be run: ${cause.message}`, { cause })));
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new LayerError(`tar could not write the layer: ${said().trim().split("\n")[0]}`)),
    );
  });
}

/** As the directory is in the topmost layer that has it; links are not followed. */
function metaBelow(layers: readonly string[], path: string): DirectoryMeta | undefined {
  for (const layer of layers) {
    let at = layer;
    let found = lstatSync(at);
    for (const part of path.split("/")) {
      at = join(at, Buffer.from(part, "latin1").toString("utf8"));
      const next = lstatSync(at, { throwIfNoEntry: false });
      if (next === undefined) break;
      found = next;
      if (!next.isDirectory()) return undefined;
    }
    if (at.length > layer.length && found.isDirectory() && lstatSync(at, { throwIfNoEntry: false }) !== undefined)
      return { mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
  }
  return undefined;
}
