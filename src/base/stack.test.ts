import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { sourceStack } from "./stack.ts";

test("a stack from a bundle names the lines of the sources, and without its map those of the bundle", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stack-"));
  writeFileSync(
    join(folder, "thrower.ts"),
    "// one\n\nexport function thrower(): never {\n  throw new Error('oh');\n}\n",
  );
  writeFileSync(
    join(folder, "main.ts"),
    "import { thrower } from './thrower.ts';\nexport const run = () => thrower();\n",
  );
  const outfile = join(folder, "out/main.js");
  await build({
    entryPoints: [join(folder, "main.ts")],
    outfile,
    bundle: true,
    format: "esm",
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
  });
  const { run } = (await import(pathToFileURL(outfile).href)) as { run: () => never };
  assert.match(
    sourceStack(thrown(run)),
    /^Error: oh\n\s+at \S+ \(\S*thrower\.ts:4:9\)\n\s+at \S+ \(\S*main\.ts:2:\d+\)\n/,
  );
  rmSync(`${outfile}.map`);
  assert.match(sourceStack(thrown(run)), /out\/main\.js:1:\d+/);
  rmSync(folder, { recursive: true });
});

test("what is no error is shown as text", () => {
  assert.equal(sourceStack("gone"), "gone");
});

function thrown(run: () => never): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
