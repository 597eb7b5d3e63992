/** What `npm pack` needs beside the committed files: generated files, bundles, and the types of `liqo-ts/testing`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const SCRIPTS = ["generate-openapi.ts", "generate-crds.ts", "bundle.ts", "testing-types.ts"];

for (const script of SCRIPTS) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
