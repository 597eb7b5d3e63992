import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Volume } from "kubernetes-types/core/v1";
import { AddressPool } from "../sandbox/address-pool.ts";
import { writePayload } from "./atomic-writer.ts";
import { type Payload, type PayloadInput, payloadOf, VolumeNotReady } from "./payload.ts";

const directory = mkdtempSync(join(tmpdir(), "volume-test-"));
after(() => rmSync(directory, { recursive: true }));

function payload(files: Record<string, string>): Payload {
  return new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o400 }]));
}

test("all files of a volume change at once, and only when they differ", () => {
  const volume = join(directory, "conf");
  assert.equal(writePayload(volume, payload({ a: "1", "sub/b": "2" }), { epochMs: 0 }), true);
  const first = readlinkSync(join(volume, "..data"));
  assert.equal(writePayload(volume, payload({ a: "1", "sub/b": "2" }), { epochMs: 0 }), false);
  assert.equal(readlinkSync(join(volume, "..data")), first);
  assert.equal(writePayload(volume, payload({ a: "3" }), { epochMs: 0 }), true);
  assert.equal(readFileSync(join(volume, "a"), "utf8"), "3");
  assert.throws(() => readFileSync(join(volume, "sub/b")), /ENOENT/);
  assert.throws(() => statSync(join(volume, first)), /ENOENT/);
});

const input: PayloadInput = {
  pod: { metadata: { name: "p", namespace: "n", labels: { a: "b" } }, spec: { containers: [] } },
  addresses: { podIp: "10.244.0.5", hostIp: "198.18.1.10" },
  nodeResources: {},
  findConfigMap: (name) => (name === "conf" ? { data: { k: "v", l: "w" }, binaryData: { z: "AAE=" } } : undefined),
  findSecret: (name) => (name === "key" ? { data: { s: "eA==" } } : undefined),
  findToken: () => "token",
};

function texts(volume: Omit<Volume, "name">): Record<string, string> {
  return Object.fromEntries(
    [...(payloadOf({ name: "v", ...volume }, input) ?? [])].map(([path, file]) => [
      path,
      file.content.toString("latin1"),
    ]),
  );
}

test("volumes hold what their objects say", () => {
  assert.deepEqual(texts({ configMap: { name: "conf" } }), { k: "v", l: "w", z: "\0\x01" });
  assert.deepEqual(texts({ configMap: { name: "conf", items: [{ key: "k", path: "x/y" }] } }), { "x/y": "v" });
  assert.deepEqual(texts({ secret: { secretName: "key" } }), { s: "x" });
  assert.deepEqual(
    texts({ downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } }),
    { labels: 'a="b"' },
  );
  const sources = [
    { serviceAccountToken: { path: "token" } },
    { configMap: { name: "conf", items: [{ key: "k", path: "k" }] } },
  ];
  assert.deepEqual(texts({ projected: { sources } }), { token: "token", k: "v" });
});

test("a missing object keeps the pod waiting, unless it is optional", () => {
  assert.throws(() => texts({ configMap: { name: "no" } }), new VolumeNotReady('configmap "no" not found'));
  assert.throws(
    () => texts({ configMap: { name: "conf", items: [{ key: "no", path: "x" }] } }),
    /references non-existent configmap key: no/,
  );
  assert.deepEqual(texts({ secret: { secretName: "no", optional: true } }), {});
});

test("addresses are given once, kept over restarts and reused late", () => {
  const pool = (): AddressPool => new AddressPool(join(directory, "pool"), "10.244.3.0/24");
  const first = pool();
  assert.equal(first.take("a"), "10.244.3.2");
  assert.equal(first.take("a"), "10.244.3.2");
  assert.equal(first.take("b"), "10.244.3.3");
  first.release("a");
  assert.equal(pool().take("c"), "10.244.3.4");
  const all = Array.from({ length: 251 }, (_, i) => first.take(`x${i}`));
  assert.ok(all.includes("10.244.3.2") && !all.includes("10.244.3.1") && !all.includes("10.244.3.255"));
  assert.throws(() => first.take("more"), /no address left/);
});
