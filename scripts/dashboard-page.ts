/** Bundles the page of `liqoctl dashboard`: three files, and one for who opens a shell, nothing from elsewhere. For scripts/bundle.ts and tests. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const PAGE = join(import.meta.dirname, "../src/dashboard/web");

export async function bundlePage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: ["main.tsx", "style.css"].map((file) => ({ in: join(PAGE, file), out: "app" })),
    outdir: folder,
    bundle: true,
    // What is imported later is a file of its own.
    splitting: true,
    chunkNames: "[name]",
    minify: true,
    platform: "browser",
    target: "es2022",
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "error",
  });
  copyFileSync(join(PAGE, "index.html"), join(folder, "index.html"));
}
