/** What `npm pack` needs beside the committed files: bundles, generated files, and the types of `liqo-ts/testing`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

for (const script of ["generate-openapi.ts", "generate-crds.ts", "bundle.ts"])
  run(process.execPath, [join("scripts", script)]);
run("node_modules/.bin/tsc", [
  "--ignoreConfig",
  "--declaration",
  "--emitDeclarationOnly",
  ...["--rootDir", ".", "--outDir", ".build/types"],
  ...["--target", "es2024", "--lib", "es2024,esnext.disposable", "--types", "node"],
  ...["--module", "preserve", "--moduleResolution", "bundler", "--allowImportingTsExtensions"],
  ...["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"],
  "testing/lab.ts",
]);

function run(file: string, args: readonly string[]): void {
  const { status, error } = spawnSync(file, [...args], { cwd: root, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
