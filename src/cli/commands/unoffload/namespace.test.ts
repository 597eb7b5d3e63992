import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { owedRemovals } from "./namespace.ts";

describe("unoffload namespace", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
  });
  after(() => clusters[Symbol.asyncDispose]());

  test("twins that are not asked for any more, and still told of, are left to their providers", () => {
    const twin = { remoteNamespace: "web-milan", phase: "Accepted" as const };
    const map = (name: string, desired: Record<string, string>, current: Record<string, typeof twin>) => ({
      metadata: { name },
      spec: { desiredMapping: desired },
      status: { currentMapping: current },
    });
    const maps = [
      map("rome", {}, { web: twin, other: twin }),
      map("oslo", { web: "web-milan" }, { web: twin }),
      map("bern", {}, { other: twin }),
    ];
    assert.deepEqual(owedRemovals("web", maps), [
      "rome does not answer: its namespace web-milan and what runs there go when it is back",
    ]);
  });

  async function offload(finalizers: string[] = []): Promise<void> {
    const { ctx, consumer } = clusters;
    await consumer.client.create(ctx, namespaceOffloadings, {
      metadata: { name: "offloading", namespace: "off", finalizers },
      spec: {
        podOffloadingStrategy: "Local",
        namespaceMappingStrategy: "DefaultName",
        clusterSelector: { nodeSelectorTerms: [] },
      },
    });
  }

  test("a namespace is local again once its offloading is gone, and is so when it never was offloaded", async () => {
    const { liqoctl } = clusters;
    await offload();
    const done = { code: 0, stdout: "", stderr: "✓ (local) Namespace off is local again (0.0s)\n" };
    assert.deepEqual(await liqoctl("unoffload namespace off --skip-confirm"), done);
    assert.deepEqual(await liqoctl("unoffload namespace off --skip-confirm"), done);
  });

  test("nothing is asked of the cluster unless it is confirmed", async () => {
    const { stderr } = await clusters.liqoctl("unoffload namespace nosuch", "n");
    assert.match(stderr, /^"unoffload namespace" is a potentially .* error: operation canceled by the user\n$/s);
  });

  test("a namespace that does not exist is named", async () => {
    const { code, stderr } = await clusters.liqoctl("unoffload ns nosuch --skip-confirm");
    assert.equal(code, 1);
    assert.match(stderr, /namespace nosuch does not exist on https:\S+\n {2}see `kubectl get namespaceoffloading -A`/);
  });

  test("providers that do not answer are named, and what takes too long is given up", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    const key = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
    await consumer.client.create(ctx, namespaceMaps, { metadata: key, spec: { desiredMapping: {} } });
    const status = { currentMapping: { off: { remoteNamespace: "off-cluster-a", phase: "Accepted" } } };
    await consumer.client.patch(ctx, namespaceMaps, key, "merge", { status }, { subresource: "status" });
    const { stderr } = await liqoctl("unoffload namespace off --skip-confirm");
    assert.match(stderr, /! \(local\) cluster-b does not answer: its namespace off-cluster-a and what runs there go/);
    await offload(["test.example/kept"]);
    const late = await liqoctl("unoffload namespace off --skip-confirm --timeout 100ms");
    assert.match(late.stderr, /offloading: the twin namespaces are not gone within 0 s\n$/);
  });
});
