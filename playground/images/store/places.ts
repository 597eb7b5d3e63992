/** Where the images of a playground's home lie: one copy of each layer, for all nodes of all its clusters. */
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface Places {
  readonly root: string;
  /** As pulled, compressed, by digest. */
  readonly blobs: string;
  /** Blobs of which a part has come, by digest: the next pull goes on with them. */
  readonly partial: string;
  /** Unpacked, by what lies below them and what they are. */
  readonly layers: string;
  /** What is known of each image, by its reference. */
  readonly images: string;
  /** Which container uses which image. */
  readonly uses: string;
  readonly locks: string;
  /** What is not complete. */
  readonly tmp: string;
  readonly settings: string;
  /** As skopeo reads it; absent: the machine's. */
  readonly registries: string;
  /** Certificates of CAs, `*.crt`; absent: the machine's alone. */
  readonly ca: string;
}

export function placesOf(root: string): Places {
  const at = (name: string): string => join(root, name);
  return {
    root,
    ...{
      blobs: at("blobs"),
      partial: at("partial"),
      layers: at("layers"),
      images: at("images"),
      uses: at("uses"),
      locks: at("locks"),
    },
    ...{ tmp: at("tmp"), settings: at("settings.json"), registries: at("registries.conf"), ca: at("ca") },
  };
}

/** The name of a layer's folder: short, for a mount names up to 127 of them in one page. OCI: image-spec/config.md (ChainID) */
export function layerName(chainId: string): string {
  return createHash("sha256").update(chainId).digest("base64url").slice(0, 22);
}

export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined ? diffId : `sha256:${createHash("sha256").update(`${below} ${diffId}`).digest("hex")}`,
    );
  }
  return chain;
}

export function keyOf(reference: string): string {
  return createHash("sha256").update(reference).digest("hex").slice(0, 32);
}
