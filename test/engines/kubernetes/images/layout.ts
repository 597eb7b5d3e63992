/** Writing an OCI image layout: blobs by their digest and one index. OCI: image-spec/image-layout.md, manifest.md, config.md */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly manifests: readonly (Descriptor & { readonly annotations: Readonly<Record<string, string>> })[];
}

export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

/** Where the blob `sha256:…` is. */
export function blobPath(layout: string, digest: string): string {
  return join(layout, "blobs", ...digest.split(":"));
}

/** Moves the tar file into the layout. */
export async function addLayer(layout: string, tar: string): Promise<Descriptor> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(tar), hash);
  const digest = `sha256:${hash.digest("hex")}`;
  const { size } = statSync(tar);
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  renameSync(tar, blobPath(layout, digest));
  return { mediaType: LAYER_TYPE, digest, size };
}

/** Writes configuration and manifest of an image and returns the manifest's descriptor. */
export function addImage(layout: string, config: ImageConfig, layers: readonly Descriptor[]): Descriptor {
  // A layer that is not compressed is known by one digest in both places.
  const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const described = addJson(layout, CONFIG_TYPE, { architecture, os: "linux", config, rootfs });
  return addJson(layout, MANIFEST_TYPE, { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: described, layers });
}

/** Names the images: repository → manifest. Written last and at once. */
export function writeIndex(layout: string, images: ReadonlyMap<string, Descriptor>): void {
  const manifests = [...images].map(([repository, descriptor]) => ({
    ...descriptor,
    annotations: { "io.containerd.image.name": `${repository}:latest`, "liqo-ts.repository": repository },
  }));
  writeAside(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeAside(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests } satisfies ImageIndex));
}

function addJson(layout: string, mediaType: string, content: object): Descriptor {
  const text = JSON.stringify(content);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const file = blobPath(layout, digest);
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  if (!existsSync(file)) writeAside(file, text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

function writeAside(file: string, text: string): void {
  const aside = `${file}.${process.pid}.new`;
  writeFileSync(aside, text);
  renameSync(aside, file);
}
