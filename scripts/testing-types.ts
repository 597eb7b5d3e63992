/** Writes the type declarations of `liqo-ts/testing` into .build/types: testing/lab.d.ts stands for itself. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const { status, error } = spawnSync(
  join(root, "node_modules/.bin/tsc"),
  [
    "--ignoreConfig",
    "--declaration",
    "--emitDeclarationOnly",
    ...["--rootDir", ".", "--outDir", ".build/types"],
    ...["--target", "es2024", "--lib", "es2024,esnext.disposable", "--types", "node"],
    ...["--module", "preserve", "--moduleResolution", "bundler", "--allowImportingTsExtensions"],
    ...["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"],
    "testing/lab.ts",
  ],
  { cwd: root, stdio: "inherit" },
);
if (error !== undefined) throw error;
process.exit(status ?? 1);
