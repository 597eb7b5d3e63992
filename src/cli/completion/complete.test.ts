import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";

describe("__complete", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
    const { ctx, consumer } = clusters;
    for (const name of ["oslo", "rome"])
      await consumer.client.create(ctx, foreignClusters, { metadata: { name }, spec: { clusterID: name } });
  });
  after(() => clusters[Symbol.asyncDispose]());

  async function complete(words: readonly string[], verb = "__complete"): Promise<string[]> {
    const { kubeconfig, ctx } = clusters;
    const { code, stdout, stderr } = await runLiqoctl(ctx, [verb, ...words], { kubeconfig });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return stdout.trimEnd().split("\n");
  }

  for (const [words, ...expected] of [
    [["offload", "namespace", ""], "off", ":4"],
    [["offload", "ns", "-n", "off", ""], ":4"],
    [["offload", "ns", "off", ""], ":4"],
    [["unoffload", "ns", "--", "o"], "off", ":4"],
    [["force", "unpeer", "r"], "rome", ":4"],
    [["force", "unpeer", "rome", ""], ":4"],
    [["info", "peer", "oslo", ""], "rome", ":4"],
    [["info", "-o", "json", "peer", "--context=consumer", ""], "oslo", "rome", ":4"],
    [["info", "peer", "--context", "provider", ""], ":4"],
    [["version", "--namespace", "liqo"], "liqo", "liqo-tenant-cluster-b", ":4"],
    [["peer", "--remote-context", ""], "consumer", "provider", ":4"],
    [["peer", "--remote-user=p"], "provider", ":4"],
    [["peer", "--kubeconfig", ""], ":0"],
    [["peer", "--cpu", ""], ":4"],
    [["peer", "--nosuch="], ":4"],
    [["peer", "--kubeconfig", "/nonexistent", "--context", ""], ":1"],
    [["playground", "stop", ""], ":4"],
    [["completion", "f"], "fish\tPrint the script for fish.", ":4"],
    [["version", "--cli"], "--client\tonly that of liqoctl", ":4"],
    [["create", "gws", "rome", "--remote-cluster-id", "r"], "rome", ":4"],
    [["--global-labels", "a=b", "force", "unpeer", "o"], "oslo", ":4"],
    [["network", "connect", "--gw-server-service-type", "N"], "NodePort", ":4"],
    [["network", "reset", "-n", "of"], "off", ":4"],
    [["cordon", "tenant", ""], ":4"],
    [["nosuch", ""], ":4"],
  ] as const) {
    test(`${JSON.stringify(words)} gives ${JSON.stringify(expected)}`, async () =>
      assert.deepEqual(await complete(words), expected));
  }

  test("shells that show no descriptions are given none", async () => {
    assert.deepEqual(await complete(["completion", "f"], "__completeNoDesc"), ["fish", ":4"]);
  });

  test("a remote kubeconfig is looked into for what is remote", async () => {
    const remote = join(clusters.consumer.api.directory, "remote");
    writeFileSync(remote, JSON.stringify({ clusters: [], contexts: [{ name: "far" }] }));
    assert.deepEqual(await complete(["peer", "--remote-kubeconfig", remote, "--remote-context", ""]), ["far", ":4"]);
  });
});
