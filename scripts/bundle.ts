/**
 * Bundles each entry point into one file of .build/bundle: processes start faster and load only what they use.
 * Run at set-up: node scripts/bundle.ts
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { bundlePage } from "./dashboard-page.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = join(ROOT, ".build/bundle");
// CommonJS packages inside an ES module bundle still call require.
const REQUIRE =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';
// An import of a builtin evaluates all its properties, some of which load what nobody here uses: node:http all of fetch,
// which takes 9 MB. What getBuiltinModule gives is loaded as it is used.
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "builtin" }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

const commands = readdirSync(join(ROOT, "cmd")).filter((file) => /^(?!process\.)[^.]+\.ts$/.test(file));
const shop = join(ROOT, "apps/boutique");
const services = existsSync(shop) ? readdirSync(shop).filter((name) => existsSync(join(shop, name, "main.ts"))) : [];

mkdirSync(OUTPUT, { recursive: true });
const programs = Object.fromEntries(commands.map((file) => [file.replace(/\.ts$/, ""), join(ROOT, "cmd", file)]));
await bundle({ ...programs, testing: join(ROOT, "testing/lab.ts") }, OUTPUT);
rmSync(join(OUTPUT, "boutique"), { recursive: true, force: true });
await bundle(Object.fromEntries(services.map((name) => [name, join(shop, name, "main.ts")])), join(OUTPUT, "boutique"));
rmSync(join(OUTPUT, "dashboard"), { recursive: true, force: true });
await bundlePage(join(OUTPUT, "dashboard"));

async function bundle(entryPoints: Record<string, string>, outdir: string): Promise<void> {
  if (Object.keys(entryPoints).length === 0) return;
  await build({
    entryPoints,
    outdir,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: REQUIRE },
    // Read when a stack is shown: src/base/stack.ts.
    sourcemap: "external",
    sourcesContent: false,
    plugins: [lazyBuiltins],
    legalComments: "none",
    logLevel: "error",
  });
}
