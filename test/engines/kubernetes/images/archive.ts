/**
 * Archives of images of the layout, as `ctr images import`, `docker load` and `podman load` take them: for nodes that
 * cannot pull.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "#base/run.ts";
import { parseReference } from "#playground/images/reference.ts";
import { blobPath, type Descriptor, type ImageIndex } from "./layout.ts";

/**
 * Images that nodes of the tests have from the start: named by a digest of the original, under which no registry can
 * serve something else, or with the policy Never. Each node's containerd is told once what the name means.
 */
export const PINNED = [
  // Of upstream's recording, policy Never.
  "docker.io/library/busybox:1",
  // Google's shop.
  "docker.io/library/busybox@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d",
] as const;
const DEADLINE_MS = 120_000;

/** Packs images under these names. Those that the layout has no image for are left out. */
export async function packArchive(layout: string, archive: string, names: readonly string[]): Promise<void> {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as ImageIndex;
  const manifests = names.flatMap((name) => {
    const { repository, tag } = parseReference(name) ?? {};
    const found = index.manifests.find(({ annotations }) => annotations["liqo-ts.repository"] === repository);
    if (found === undefined) return [];
    const annotations = {
      "io.containerd.image.name": tag === undefined ? name : `${repository}:${tag}`,
      ...(tag !== undefined && { "org.opencontainers.image.ref.name": tag }),
    };
    return [{ ...found, annotations }];
  });
  const aside = `${archive}.${process.pid}.index`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  const blobs = manifests.flatMap(({ digest }) => blobsOf(layout, digest)).map((digest) => blobPath(".", digest));
  try {
    const files = ["-C", aside, "index.json", "-C", layout, "oci-layout", ...new Set(blobs)];
    await run("tar", ["-cf", archive, ...files], { timeoutMs: DEADLINE_MS });
  } finally {
    rmSync(aside, { recursive: true });
  }
}

/** Into the containerd that listens on the socket. Repeatable. */
export async function importArchive(socket: string, archive: string): Promise<void> {
  await run("ctr", ["--address", socket, "-n", "k8s.io", "images", "import", archive], { timeoutMs: DEADLINE_MS });
}

/** The manifest and all it names. */
function blobsOf(layout: string, digest: string): string[] {
  const manifest = JSON.parse(readFileSync(blobPath(layout, digest), "utf8")) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  return [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)];
}
