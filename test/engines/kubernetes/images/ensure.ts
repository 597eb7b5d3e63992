/** The images of this machine, built when the programs in them have changed since. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildImages } from "./build.ts";

export async function ensureImages(project: string): Promise<void> {
  const layout = join(project, ".build/images");
  const built = changedAt(join(layout, "index.json"));
  const bundles = join(project, ".build/bundle");
  const sources = [
    ...readdirSync(bundles, { recursive: true, encoding: "utf8" }).map((file) => join(bundles, file)),
    ...readdirSync(import.meta.dirname).map((file) => join(import.meta.dirname, file)),
  ];
  if (sources.every((file) => changedAt(file) < built)) return;
  await buildImages({ project, layout });
}

/** 0: there is no such file. */
function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
