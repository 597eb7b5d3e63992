/** `liqoctl support` writes an archive of both clusters in which nothing tells where they are, or gets anybody in. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Node, Pod, Secret } from "kubernetes-types/core/v1";
import { type ArchiveFile, unpackArchive } from "#cli/support/archive.ts";
import type { Clusters } from "#kit/clusters.ts";
import { takePeered } from "#kit/shared-clusters.ts";

interface List<T> {
  readonly items: readonly T[];
}

describe("liqoctl support", { concurrency: 1 }, () => {
  let clusters: Clusters;
  let files: readonly ArchiveFile[];
  let whole: string;
  const folder = mkdtempSync(join(tmpdir(), "liqo-support-"));
  before(async () => {
    clusters = await takePeered();
    const path = join(folder, "both.tar.gz");
    await clusters.liqoctl("support", "--context", "milan", "--remote-context", "rome", "--output", path);
    files = await unpackArchive(path, readFileSync(path));
    whole = files.map((file) => `${file.path}\n${file.text}`).join("\n");
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await clusters?.[Symbol.asyncDispose]();
  });

  test("objects, logs, tables and checks of both clusters are there", () => {
    const paths = files.map(({ path }) => path);
    for (const id of ["milan", "rome"])
      for (const pattern of [
        `${id}/objects/connections.networking.liqo.io.json`,
        `${id}/objects/liqo/pods.json`,
        `${id}/logs/liqo/liqo-controller-manager-[^/]+/controller-manager.log`,
        `${id}/tables/liqo/liqo-fabric-[^/]+/nftables.txt`,
        `${id}/tables/liqo-tenant-[^/]+/gw-[^/]+/wg-handshakes.txt`,
        `${id}/metrics/liqo/liqo-controller-manager-[^/]+.txt`,
      ])
        assert.ok(
          paths.some((path) => new RegExp(`^${pattern}$`).test(path)),
          `${pattern} in ${paths.join("\n")}`,
        );
    assert.match(files.find(({ path }) => path === "check.txt")?.text ?? "", /^√ the tunnel is connected/m);
  });

  test("no address and no host of theirs is", async () => {
    for (const id of ["milan", "rome"]) {
      const nodes = (await clusters.get<List<Node>>(id, "nodes")).items.filter(
        ({ metadata }) => metadata?.labels?.["liqo.io/type"] === undefined,
      );
      const pods = (await clusters.get<List<Pod>>(id, "pods", "-A")).items;
      const hosts = nodes.map(({ metadata }) => metadata?.name ?? "");
      const addresses = [
        ...nodes.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address)),
        ...pods.flatMap(({ status }) => status?.podIP ?? []),
      ];
      assert.ok(hosts.length > 0 && addresses.length > hosts.length);
      for (const word of [...hosts, ...addresses]) {
        const pattern = new RegExp(`(?<![\\w.])${word.replaceAll(".", "\\.")}(?![\\w])`);
        assert.ok(!pattern.test(whole), `${word}: ${pattern.exec(whole)?.index}`);
      }
    }
  });

  test("nor anything that a Secret of theirs holds", async () => {
    for (const id of ["milan", "rome"]) {
      const secrets = (await clusters.get<List<Secret>>(id, "secrets", "-A")).items;
      const values = secrets.flatMap(({ data }) => Object.values(data ?? {})).filter((value) => value.length >= 32);
      assert.ok(values.length > 0);
      for (const value of values) {
        const plain = Buffer.from(value, "base64").toString("utf8");
        // Of what has several lines any one is too much.
        for (const part of [value, ...plain.split("\n")].filter((text) => text.length >= 32))
          assert.ok(!whole.includes(part), `${id}: ${part.slice(0, 8)}…`);
      }
    }
  });

  test("a file that is there is not written over", async () => {
    const path = join(folder, "both.tar.gz");
    const { code, stderr } = await clusters.tryLiqoctl(["support", "--context", "milan", "--output", path]);
    assert.equal(code, 1);
    assert.match(stderr, /^error: --output .*exists/m);
  });
});
