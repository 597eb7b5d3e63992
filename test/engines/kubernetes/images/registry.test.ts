/** Layout and registry together, as containerd meets them: name → manifest → configuration and layers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addImage, addLayer, type Descriptor, MANIFEST_TYPE, writeIndex } from "./layout.ts";
import { startRegistry } from "./registry.ts";

const LAYER = "not really a tar file";
let folder: string;
let registry: AsyncDisposable;
let url: string;
let image: Descriptor;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "registry-test-"));
  const layout = join(folder, "layout");
  const tar = join(folder, "layer.tar");
  writeFileSync(tar, LAYER);
  image = addImage(layout, { Env: ["A=b"], Cmd: ["sh"] }, [await addLayer(layout, tar)]);
  writeIndex(layout, new Map([["docker.io/library/busybox", image]]));
  const port = await freePort();
  registry = await startRegistry({ address: "127.0.0.1", port, layout });
  url = `http://127.0.0.1:${port}/v2`;
});
after(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test("an image is found by its name, whatever the tag, and all it consists of by digest", async () => {
  const response = await fetch(`${url}/library/busybox/manifests/1.36?ns=docker.io`);
  assert.equal(response.headers.get("content-type"), MANIFEST_TYPE);
  assert.equal(response.headers.get("docker-content-digest"), image.digest);
  const text = await response.text();
  assert.equal(`sha256:${createHash("sha256").update(text).digest("hex")}`, image.digest);
  const manifest = JSON.parse(text) as { config: Descriptor; layers: Descriptor[] };
  const blobs = await Promise.all(
    [manifest.config, ...manifest.layers].map(({ digest }) =>
      fetch(`${url}/library/busybox/blobs/${digest}`).then((answer) => answer.text()),
    ),
  );
  const config = JSON.parse(blobs[0] ?? "") as { config: object; rootfs: { diff_ids: string[] } };
  assert.deepEqual(config.config, { Env: ["A=b"], Cmd: ["sh"] });
  assert.deepEqual(config.rootfs.diff_ids, [manifest.layers[0]?.digest]);
  assert.equal(blobs[1], LAYER);
});

test("the same name of another registry is another image", async () => {
  const response = await fetch(`${url}/library/busybox/manifests/latest?ns=quay.io`);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /quay\.io\/library\/busybox:latest is not an image of this machine/);
});

test("HEAD gives size and digest without the content", async () => {
  const response = await fetch(`${url}/library/busybox/manifests/${image.digest}`, { method: "HEAD" });
  assert.equal(response.headers.get("content-length"), `${image.size}`);
  assert.equal(await response.text(), "");
});

test("a digest that is not there is refused, also one that leads out of the layout", async () => {
  for (const digest of ["sha256:00", "sha256:..%2f..%2findex.json"])
    assert.equal((await fetch(`${url}/library/busybox/blobs/${digest}`)).status, 404, digest);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
