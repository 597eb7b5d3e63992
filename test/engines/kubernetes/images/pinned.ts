/**
 * Images that manifests name by a digest of the original: no registry can serve something else under it, so each node's
 * containerd is told once that the name means the image of this machine.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "#base/run.ts";
import { parseReference } from "#playground/images/reference.ts";
import { blobPath, type Descriptor, type ImageIndex } from "./layout.ts";

/** Google's shop. */
const PINNED = [
  "docker.io/library/busybox@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d",
] as const;
const DEADLINE_MS = 60_000;

/** Packs them into an archive that `ctr images import` understands. */
export async function packPinned(layout: string, archive: string): Promise<void> {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as ImageIndex;
  const manifests = PINNED.flatMap((name) => {
    const repository = parseReference(name)?.repository;
    const found = index.manifests.find(({ annotations }) => annotations["liqo-ts.repository"] === repository);
    return found === undefined ? [] : [{ ...found, annotations: { "io.containerd.image.name": name } }];
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
export async function importPinned(socket: string, archive: string): Promise<void> {
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
