/** The release before this one, as test/upgrade keeps it: its chart, and its programs as an image of the embedded engine. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, constants } from "node:zlib";
import { stringify } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const ARCHIVE = join(ROOT, "test/upgrade/last-release.tar.br");
const IMAGE = "ghcr.io/liqo-ts/liqo";

export interface LastRelease extends Disposable {
  /** `v0.1.0` */
  readonly version: string;
  readonly chart: string;
  /** Lets the clusters of a playground pull its image, beside that of the present version. */
  readonly offerImage: (playgroundHome: string) => void;
}

export function unpackLastRelease(): LastRelease {
  const folder = mkdtempSync(join(tmpdir(), "liqo-last-release-"));
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 };
  execFileSync("tar", ["-x", "-C", folder], { input: brotliDecompressSync(readFileSync(ARCHIVE), { params }) });
  const version = readFileSync(join(folder, "version"), "utf8").trim();
  return {
    version,
    chart: join(folder, "chart"),
    offerImage: (home) => writeFileSync(join(home, "images.yaml"), imagesFile(join(folder, "bundle"), version)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** As the playground's own entry for Liqo, with these programs and for this tag alone. */
function imagesFile(bundles: string, version: string): string {
  const programs = readdirSync(bundles).map((file) => ({ host: join(bundles, file), path: `/opt/liqo/${file}` }));
  const tools = [
    { host: realpathSync(process.execPath), path: "/usr/local/bin/node" },
    { host: join(ROOT, ".tools/bin/wireguard-go"), path: "/usr/local/bin/wireguard-go" },
  ];
  const image = {
    names: [`${IMAGE}:${version}`],
    base: "host",
    entrypoint: ["node"],
    workingDir: "/opt/liqo",
    user: "1000:1000",
    env: { NODE_ENV: "production", MALLOC_ARENA_MAX: "1" },
    root: { binds: [...tools, ...programs] },
  };
  return stringify({ images: [image] });
}
