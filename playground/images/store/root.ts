/** A container's root over an image's layers: overlayfs, or a copy where this machine has none. */
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { run } from "#base/run.ts";
import { lookBelow, resolveInRoot } from "../path-in-root.ts";
import { layerFolder, readLayer } from "./layers.ts";
import type { Places } from "./places.ts";

export interface RootOptions {
  /** The container's folder; its root is `rootfs` below it. */
  readonly bundle: string;
  /** The lowest first. */
  readonly layers: readonly string[];
  readonly workingDir: string;
  /** Paths that are writable whatever the root is; each gets a folder of its own, with what the image has there. */
  readonly volumes: readonly { readonly path: string; readonly host: string }[];
}

const MOUNT_DEADLINE_MS = 10_000;

export async function makeRoot(ctx: Context, places: Places, options: RootOptions): Promise<void> {
  const root = join(options.bundle, "rootfs");
  await mountLayers(ctx, places, options, root);
  const workingDir = insideOf(root, options.workingDir);
  if (lstatSync(workingDir, { throwIfNoEntry: false }) === undefined) mkdirSync(workingDir, { recursive: true });
  for (const { path, host } of options.volumes) await fillVolume(ctx, insideOf(root, path), host);
}

async function mountLayers(ctx: Context, places: Places, { bundle, layers }: RootOptions, root: string): Promise<void> {
  const [upper, work] = [join(bundle, "upper"), join(bundle, "work")];
  for (const folder of [root, upper, work]) mkdirSync(folder, { recursive: true });
  // Short and relative: all options together have one page. An image without layers has an empty root.
  const lower = layers.toReversed().map((name) => `${name}/fs`);
  if (lower.length === 0) return;
  const options = `lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
  try {
    await run("mount", ["-t", "overlay", "overlay", "-o", options, root], {
      ...{ cwd: places.layers, timeoutMs: MOUNT_DEADLINE_MS, signal: ctx.signal },
    });
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.log.warn("no overlayfs, the image is copied", { error: messageOf(error) });
    rmSync(upper, { recursive: true, force: true });
    rmSync(work, { recursive: true, force: true });
    for (const name of layers) await copyLayer(ctx, places, name, root);
  }
}

/** Lays one layer over what is there, as overlayfs would show it. */
async function copyLayer(ctx: Context, places: Places, name: string, root: string): Promise<void> {
  const { whiteouts, opaque } = readLayer(places, name);
  const folder = layerFolder(places, name);
  for (const path of whiteouts) rmSync(join(root, path), { recursive: true, force: true });
  for (const path of opaque) rmSync(join(root, path), { recursive: true, force: true });
  clearConflicts(folder, root);
  // Through an archive, for marks of overlayfs cannot be copied to where it is missing.
  const archive = `${root}.tar`;
  const attributes = ["--numeric-owner", "--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*"];
  const without = ["--anchored", "--no-wildcards", "--exclude-from=-", "--directory", folder, "."];
  const input = whiteouts.map((path) => `./${path}\n`).join("");
  await run("tar", ["--create", "--file", archive, ...attributes, ...without], { signal: ctx.signal, input });
  const kept = ["--same-owner", "--preserve-permissions", "--delay-directory-restore"];
  await run("tar", ["--extract", "--file", archive, ...attributes, ...kept, "--directory", root], {
    signal: ctx.signal,
  });
  rmSync(archive);
}

/** What is a directory on one side only cannot be copied over. */
function clearConflicts(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const below = join(to, entry.name);
    const there = lstatSync(below, { throwIfNoEntry: false });
    if (there === undefined) continue;
    if (entry.isDirectory() && there.isDirectory()) clearConflicts(join(from, entry.name), below);
    else if (entry.isDirectory() || there.isDirectory()) rmSync(below, { recursive: true });
  }
}

async function fillVolume(ctx: Context, from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  const found = lstatSync(from, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    mkdirSync(from, { recursive: true });
    return;
  }
  await run("cp", ["--archive", "--no-target-directory", from, to], { signal: ctx.signal });
}

function insideOf(root: string, path: string): string {
  const resolved = resolveInRoot(path, (at) => lookBelow(root, at));
  if (resolved === undefined) throw new Error(`${path}: its links go in circles`);
  return join(root, resolved);
}
