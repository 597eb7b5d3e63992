/** A root file system on disk, from a catalogue entry's recipe and a list of this machine's files. */
import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "#base/run.ts";
import type { RootRecipe } from "#playground/images/entry.ts";

const COPY_MS = 60_000;

/** `closure`: files that keep their paths. */
export async function stageFiles(stage: string, recipe: RootRecipe, closure: readonly string[]): Promise<void> {
  mkdirSync(stage, { recursive: true });
  for (const { path, mode = 0o755, owner = 0 } of recipe.directories) {
    mkdirSync(join(stage, path), { recursive: true });
    // Not left to the umask.
    chmodSync(join(stage, path), mode);
    chownSync(join(stage, path), owner, owner);
  }
  if (closure.length > 0) await copy(["--parents", ...closure.map((path) => `.${path}`), stage]);
  for (const { host, path } of recipe.binds) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    await copy(["-T", realpathSync(host), join(stage, path)]);
  }
  for (const { path, target } of recipe.links) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    symlinkSync(target, join(stage, path));
  }
  for (const { path, content, mode = 0o644 } of recipe.files) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    writeFileSync(join(stage, path), content);
    chmodSync(join(stage, path), mode);
  }
}

async function copy(args: readonly string[]): Promise<void> {
  await run("cp", ["-a", "--reflink=auto", ...args], { cwd: "/", timeoutMs: COPY_MS });
}
