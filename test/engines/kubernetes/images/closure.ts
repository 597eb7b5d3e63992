/** The files that programs of this machine need to run elsewhere: themselves, what they link to, their shared libraries. */
import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RunError, run } from "#base/run.ts";

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/** Where the programs are; those that this machine lacks are left out. */
export function findPrograms(names: readonly string[]): string[] {
  return names.flatMap((name) => FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? []);
}

/** Absolute paths, links and their targets both, none of them through a linked folder. */
export async function closureOf(files: readonly string[]): Promise<string[]> {
  const libraries = await Promise.all(files.map(sharedLibraries));
  return [...new Set([...files, ...libraries.flat()].flatMap(chainOf))].sort();
}

/** The path itself and what it leads to, each with its real folder. */
function chainOf(path: string): string[] {
  const real = join(realpathSync(dirname(path)), basename(path));
  if (!lstatSync(real).isSymbolicLink()) return [real];
  return [real, ...chainOf(resolve(dirname(real), readlinkSync(real)))];
}

async function sharedLibraries(file: string): Promise<string[]> {
  try {
    const { stdout } = await run("ldd", [file], { timeoutMs: 20_000 });
    return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+)(?= \()/gm)].flatMap(([, path]) => path ?? []);
  } catch (error) {
    // A script, or linked statically.
    if (error instanceof RunError && error.exitCode === 1) return [];
    throw error;
  }
}
