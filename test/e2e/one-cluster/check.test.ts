/** `liqoctl check` before an installation. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type OneCluster, takeCluster } from "#kit/one-cluster.ts";

describe("liqoctl check without Liqo", { concurrency: 1 }, () => {
  let cluster: OneCluster;
  before(async () => {
    cluster = await takeCluster();
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  test("a cluster that is fit for Liqo passes, with --pre and without", async () => {
    for (const flags of [[], ["--pre"]]) {
      const found = await cluster.clusters.liqoctl("check", "--context", "milan", ...flags);
      assert.match(found, /^√ this user may install Liqo$/m);
      assert.match(found, /^√ kernels of nodes are 5\.10\.0 or later$/m);
      assert.match(found, /\n\nStatus check results are √\n$/);
    }
  });

  test("who may not install it is told what is missing", async () => {
    await cluster.kubectl("create", "serviceaccount", "guest");
    const token = (await cluster.kubectl("create", "token", "guest")).trim();
    const view = JSON.parse(await cluster.kubectl("config", "view", "--minify", "--raw", "-o", "json"));
    const file = cluster.file(
      "guest.json",
      JSON.stringify({ ...view, users: [{ ...view.users[0], user: { token } }] }),
    );
    const { code, stdout, stderr } = await cluster.clusters.tryLiqoctl(["check", "--kubeconfig", file, "-o", "short"]);
    assert.equal(code, 1, stdout);
    assert.match(
      stdout,
      /^× this user may install Liqo\n {4}it may not patch customresourcedefinitions.apiextensions.k8s.io/m,
    );
    assert.match(stdout, /^‼ nodes are ready\n {4}it could not be asked: /m);
    assert.equal(stderr, "error: 1 check fails\n");
  });
});
