import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";
import { chooseClusters } from "./clusters.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

for (const [args, error] of [
  ["--behind-proxy --actions", /--behind-proxy and --actions exclude each other/],
  ["--read-only --actions", /--actions and --read-only exclude each other/],
  ["--from a.tar.gz --actions", /--from and --actions exclude each other/],
  ["--behind-proxy --shell", /--behind-proxy and --shell exclude each other/],
  ["--read-only --shell", /--shell and --read-only exclude each other/],
  ["--from a.tar.gz --shell", /--from and --shell exclude each other/],
  ["--shell --address 0.0.0.0", /--shell and --address 0\.0\.0\.0 exclude each other/],
  ["--from a.tar.gz --context milan", /--from and --context exclude each other/],
  ["--from /nonexistent", /--from \/nonexistent: .*no such file/],
  ["--from package.json", /package\.json is no archive of `liqoctl support`/],
  ["--behind-proxy", /--behind-proxy needs --allowed-host/],
  ["--port http", /must be a whole number/],
  ["--kubeconfig /nonexistent", /kubeconfig \/nonexistent: cannot be read/],
] as const) {
  test(`liqoctl dashboard ${args} is refused`, async () => {
    const { code, stdout, stderr } = await runLiqoctl(ctx, ["dashboard", ...args.split(" ")]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, error);
  });
}

describe("which clusters it looks at", () => {
  let clusters: CliClusters;
  const chosen = async (contexts: readonly string[] = []): Promise<string[]> => {
    const { kubeconfig } = clusters;
    const found = await chooseClusters(clusters.ctx, { kubeconfig, contexts, liqoNamespace: "liqo" });
    for (const { access } of found) access[Symbol.dispose]();
    return found.map(({ name }) => name);
  };

  before(async () => {
    clusters = await startCliClusters();
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  test("the current one alone, when it has no peers", async () => {
    assert.deepEqual(await chosen(), ["consumer"]);
  });

  test("with the contexts of its peers", async () => {
    const peer = { metadata: { name: "cluster-b" }, spec: { clusterID: "cluster-b" } };
    await clusters.consumer.client.create(clusters.ctx, foreignClusters, peer);
    assert.deepEqual(await chosen(), ["consumer", "provider"]);
  });

  test("those that are named, each once", async () => {
    assert.deepEqual(await chosen(["provider", "provider"]), ["provider"]);
    await assert.rejects(chosen(["nobody"]), /context "nobody" does not exist/);
  });
});
