/** Unpacked layers: made once, aside and renamed, then only read. */
import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { run } from "#base/run.ts";
import type { LayerLimits } from "../layer/layer-plan.ts";
import { type UnpackedLayer, unpackLayer } from "../layer/unpack.ts";
import { type Found, lookBelow, resolveInRoot } from "../path-in-root.ts";
import { chainIds, layerName, type Places } from "./places.ts";

const MOST_ACCOUNTS_BYTES = 1024 * 1024;

export interface LayersOptions {
  /** `sha256:…` of each blob, the lowest first. */
  readonly blobs: readonly string[];
  readonly diffIds: readonly string[];
  /** Of all layers together. */
  readonly limits: LayerLimits;
  /** For those that are not there yet. */
  readonly roomBytes: number;
}

export function blobPath(places: Places, digest: string): string {
  return join(places.blobs, "sha256", digest.replace(/^sha256:/, ""));
}

/** Where the files of a layer are. */
export function layerFolder(places: Places, name: string): string {
  return join(places.layers, name, "fs");
}

export function readLayer(places: Places, name: string): UnpackedLayer {
  return JSON.parse(readFileSync(join(places.layers, name, "layer.json"), "utf8")) as UnpackedLayer;
}

/** Unpacks what is not there yet. Resolves with the names of the layers' folders, the lowest first. */
export async function ensureLayers(ctx: Context, places: Places, options: LayersOptions): Promise<string[]> {
  const names = chainIds(options.diffIds).map(layerName);
  if (names.length !== options.blobs.length)
    throw new Error(`the image has ${options.blobs.length} layers, and its configuration ${names.length}`);
  let { bytes, entries } = options.limits;
  let { roomBytes } = options;
  for (const [at, name] of names.entries()) {
    if (!existsSync(join(places.layers, name))) {
      const lower = names
        .slice(0, at)
        .reverse()
        .map((below) => layerFolder(places, below));
      const [archive, diffId] = [blobPath(places, options.blobs[at] ?? ""), options.diffIds[at] ?? ""];
      const limits = { bytes: Math.min(bytes, roomBytes), entries };
      await makeLayer(ctx, places, name, { archive, diffId, lower, limits });
      roomBytes -= readLayer(places, name).sizeBytes;
    }
    const made = readLayer(places, name);
    bytes -= made.sizeBytes;
    entries -= made.entries;
  }
  return names;
}

async function makeLayer(
  ctx: Context,
  places: Places,
  name: string,
  options: Omit<Parameters<typeof unpackLayer>[1], "folder" | "hasMarks">,
): Promise<void> {
  const aside = join(places.tmp, randomUUID());
  const folder = join(aside, "fs");
  mkdirSync(folder, { recursive: true });
  try {
    const hasMarks = await takesMarks(ctx, join(aside, "mark"));
    const made = await unpackLayer(ctx, { ...options, folder, hasMarks });
    writeFileSync(join(aside, "layer.json"), JSON.stringify(made));
    // Another pull may have made it meanwhile: they are the same.
    if (!existsSync(join(places.layers, name))) renameSync(aside, join(places.layers, name));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Overlayfs takes no marks of overlayfs; in most containers all there is is overlayfs, and roots are copies. */
async function takesMarks(ctx: Context, path: string): Promise<boolean> {
  const isMade = await run("mknod", [path, "c", "0", "0"], { signal: ctx.signal }).then(
    () => true,
    () => false,
  );
  rmSync(path, { force: true });
  return isMade;
}

/** Text of a file of the image; empty where there is none. */
export function readFromLayers(places: Places, names: readonly string[], path: string): string {
  const stack = names
    .toReversed()
    .map((name) => ({ folder: layerFolder(places, name), hides: readLayer(places, name) }));
  const locate = (at: string): string | undefined => {
    for (const { folder, hides } of stack) {
      if (hides.whiteouts.some((hidden) => at === hidden || at.startsWith(`${hidden}/`))) return undefined;
      const found = lstatSync(join(folder, at), { throwIfNoEntry: false });
      if (found !== undefined) return folder;
      if (hides.opaque.some((folderOf) => at.startsWith(`${folderOf}/`))) return undefined;
    }
    return undefined;
  };
  const look = (at: string): Found => {
    const folder = locate(at);
    return folder === undefined ? undefined : lookBelow(folder, at);
  };
  const resolved = resolveInRoot(path, look);
  const folder = resolved === undefined ? undefined : locate(resolved);
  if (resolved === undefined || folder === undefined || look(resolved) !== "file") return "";
  const full = join(folder, resolved);
  const { size } = statSync(full);
  return lstatSync(full).isFile() && size <= MOST_ACCOUNTS_BYTES ? readFileSync(full, "utf8") : "";
}
