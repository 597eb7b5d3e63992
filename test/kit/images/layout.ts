/** Images made in a test, as OCI layouts: layers of GNU tar, or of bytes that no honest tool would write. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";

export interface LayerInput {
  readonly tar: Buffer;
  readonly compression?: "gzip" | "zstd" | "none";
}

export interface ImageInput {
  readonly layers: readonly LayerInput[];
  /** `Entrypoint`, `Cmd`, `User` and the like. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image's blobs by digest. */
export interface MadeImage {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const OCI = "application/vnd.oci.image";
const SUFFIX = { gzip: "+gzip", zstd: "+zstd", none: "" };

/** What GNU tar makes of a folder that `fill` fills. */
export function layerOf(fill: (folder: string) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "image-layer-"));
  try {
    fill(folder);
    const flags = ["--create", "--xattrs", "--numeric-owner", "--sort=name", "--directory", folder, "."];
    return execFileSync("tar", flags, { maxBuffer: 256 * 1024 * 1024 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function makeImage({
  layers,
  config = {},
  architecture = process.arch === "x64" ? "amd64" : process.arch,
}: ImageInput): MadeImage {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const packed = layers.map(({ tar, compression = "gzip" }) =>
    add(`${OCI}.layer.v1.tar${SUFFIX[compression]}`, compress(tar, compression)),
  );
  const diffIds = layers.map(({ tar }) => digestOf(tar));
  const whole = { architecture, os: "linux", config, rootfs: { type: "layers", diff_ids: diffIds } };
  const configAt = add(`${OCI}.config.v1+json`, Buffer.from(JSON.stringify(whole)));
  const manifest = { schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config: configAt, layers: packed };
  const manifestAt = add(`${OCI}.manifest.v1+json`, Buffer.from(JSON.stringify(manifest)));
  return { manifest: manifestAt, config: configAt, layers: packed, blobs };
}

/** A folder that skopeo reads as `oci:<folder>:<name>`; several images are one for each architecture. */
export function writeLayout(folder: string, name: string, images: Readonly<Record<string, MadeImage>>): void {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer): Descriptor["digest"] => {
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
    return digest;
  };
  for (const { blobs: own } of Object.values(images)) for (const bytes of own.values()) put(bytes);
  const manifests = Object.entries(images).map(([architecture, { manifest }]) => ({
    ...manifest,
    platform: { architecture, os: "linux" },
  }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests }));
  const [only, ...others] = manifests;
  const named =
    others.length > 0 || only === undefined
      ? { mediaType: `${OCI}.index.v1+json`, digest: put(index), size: index.length }
      : { mediaType: only.mediaType, digest: only.digest, size: only.size };
  const annotations = { "org.opencontainers.image.ref.name": name };
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...named, annotations }] }),
  );
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function compress(tar: Buffer, how: NonNullable<LayerInput["compression"]>): Buffer {
  if (how === "gzip") return gzipSync(tar, { level: 1 });
  return how === "zstd" ? zstdCompressSync(tar) : tar;
}
