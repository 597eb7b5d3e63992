/**
 * Packs what a release runs as: chart and programs, for the test that upgrades from it. See test/upgrade/README.md.
 * node scripts/pack-release.ts, after `npm run bundle`; the same content gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { transform } from "esbuild";
import { VERSION } from "#base/version.ts";
import { LIQO_PROGRAMS } from "#playground/images/builtin.ts";

const ROOT = join(import.meta.dirname, "..");
const ARCHIVE = join(ROOT, "test/upgrade/last-release.tar.br");

const folder = mkdtempSync(join(tmpdir(), "liqo-release-"));
try {
  cpSync(join(ROOT, "deploy/chart"), join(folder, "chart"), { recursive: true });
  mkdirSync(join(folder, "bundle"));
  for (const name of LIQO_PROGRAMS) {
    const bundled = readFileSync(join(ROOT, `.build/bundle/${name}.js`), "utf8");
    // Names stay: errors are told by those of their classes.
    const { code } = await transform(bundled, { minifyWhitespace: true, minifySyntax: true, legalComments: "none" });
    writeFileSync(join(folder, `bundle/${name}.js`), code);
  }
  writeFileSync(join(folder, "version"), `${VERSION}\n`);
  const plain = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=a=rX,u+w"];
  const tar = execFileSync("tar", [...plain, "-C", folder, "-cf", "-", "."], { maxBuffer: 2 ** 28 });
  // What the programs share lies far apart.
  const params = { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 26 };
  writeFileSync(ARCHIVE, brotliCompressSync(tar, { params }));
  process.stdout.write(`${ARCHIVE}: ${VERSION}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
