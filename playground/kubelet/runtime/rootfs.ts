/** Builds a container's private root from an image's recipe; programs and libraries are bound in later by the runtime. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RootRecipe } from "../image.ts";

export function buildRootfs(
  rootfs: string,
  recipe: RootRecipe,
  user: { uid: number; gid: number },
  workingDir: string,
): void {
  mkdirSync(rootfs, { recursive: true });
  for (const { path, mode, owner } of recipe.directories) {
    const full = join(rootfs, path);
    mkdirSync(full, { recursive: true });
    if (mode !== undefined) chmodSync(full, mode);
    if (owner !== undefined) chownSync(full, owner, owner);
  }
  for (const { path, target } of recipe.links) {
    mkdirSync(dirname(join(rootfs, path)), { recursive: true });
    symlinkSync(target, join(rootfs, path));
  }
  for (const { path, content, mode } of recipe.files) {
    const full = join(rootfs, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, withUser(path, content, user), { mode: mode ?? 0o644 });
  }
  // The runtime creates missing mount points, but not the working directory of a read-only root.
  if (workingDir.startsWith("/")) mkdirSync(join(rootfs, workingDir), { recursive: true });
}

/** A user that the image does not know gets a line, so that programs which ask for their own name do not fail. */
function withUser(path: string, content: string, user: { uid: number; gid: number }): string {
  if (path !== "/etc/passwd" || content.split("\n").some((line) => line.split(":")[2] === String(user.uid)))
    return content;
  return `${content}user${user.uid}:x:${user.uid}:${user.gid}::/:/bin/sh\n`;
}
