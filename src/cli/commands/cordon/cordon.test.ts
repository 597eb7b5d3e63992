import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { quotas } from "#api/offloading/quota.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { AT_PROVIDER, whilePlaying } from "#kit/play-peering.ts";
import { seen } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

const KINDS = [resourceSlices, quotas, tenants] as readonly Resource<KubeObject>[];
const SLICE = { ...AT_PROVIDER, name: "rome" };
// sha256 of cluster-a, as in its certificates.
const QUOTA = { ...AT_PROVIDER, name: "rome-34ab3e1c8c46" };

describe("cordon, uncordon, drain and activate", () => {
  let clusters: CliClusters;
  const run = (args: string, answer?: string) => clusters.liqoctl(`${args} --context provider`, answer);

  before(async () => {
    clusters = await startCliClusters();
  });
  after(() => clusters[Symbol.asyncDispose]());
  beforeEach(async () => {
    const { ctx, provider } = clusters;
    const labels = { "liqo.io/remote-cluster-id": "cluster-a" };
    const spec = { clusterID: "cluster-a", authzPolicy: "KeysExchange", tenantCondition: "Active" } as const;
    await provider.client.create(ctx, tenants, { metadata: { ...AT_PROVIDER, labels }, spec });
    await createWithStatus(ctx, provider.client, resourceSlices, {
      metadata: { ...SLICE, labels: { ...labels, "liqo.io/replicated": "true" } },
      spec: { class: "default", consumerClusterID: "cluster-a" },
      status: { resources: { cpu: "1" } },
    });
  });
  afterEach(async () => {
    const { ctx, consumer, provider } = clusters;
    for (const { client } of [consumer, provider])
      for (const kind of KINDS)
        for (const item of (await client.list(ctx, kind)).items) await client.deleteIfPresent(ctx, kind, keyOf(item));
  });

  async function mark(annotations: Record<string, string | null>): Promise<void> {
    await clusters.provider.client.patch(clusters.ctx, resourceSlices, SLICE, "merge", { metadata: { annotations } });
  }

  /** What the controller does once the condition is so. */
  async function follow(condition: string): Promise<void> {
    const { ctx, provider } = clusters;
    await seen(provider.client, tenants, AT_PROVIDER, ({ spec }) => spec?.tenantCondition === condition);
    if (condition === "Drained") await provider.client.deleteIfPresent(ctx, resourceSlices, SLICE);
    else await mark({ "liqo.io/cordon-tenant": condition === "Cordoned" ? "true" : null });
  }

  const conditionOf = async () =>
    (await clusters.provider.client.get(clusters.ctx, tenants, AT_PROVIDER)).spec?.tenantCondition;

  for (const [args, condition, says] of [
    ["cordon tenant cluster-a", "Cordoned", "cordoned"],
    ["drain tenant cluster-a", "Drained", "drained"],
  ] as const)
    test(`${args} asks, waits until it is so, and may be repeated`, async () => {
      const refused = await run(args, "no");
      assert.match(refused.stderr, /is a potentially destructive command.*canceled by the user/s);
      assert.equal(await conditionOf(), "Active");
      const running = run(`${args} --skip-confirm`);
      const { outcome } = await whilePlaying(
        running,
        () => follow(condition),
        ({ code }) => code !== 0,
      );
      assert.deepEqual(outcome, { code: 0, stdout: "", stderr: `✓ (local) Tenant cluster-a ${says} (0.0s)\n` });
      assert.equal((await run(`${args} --skip-confirm`)).code, 0);
    });

  test("a cordon is undone by uncordon, a drain by activate, and not the other way", async () => {
    const change = async (args: string, condition: string) => {
      const running = run(`${args} tenant cluster-a --skip-confirm`);
      const { outcome } = await whilePlaying(
        running,
        () => follow(condition),
        ({ code }) => code !== 0,
      );
      assert.equal(outcome.code, 0, outcome.stderr);
    };
    await change("cordon", "Cordoned");
    await change("uncordon", "Active");
    await change("drain", "Drained");
    for (const verb of ["cordon", "uncordon"]) {
      const { code, stderr } = await run(`${verb} tenant cluster-a`);
      assert.equal(code, 1);
      assert.match(stderr, /Tenant cluster-a is drained\n {2}`liqoctl activate tenant`/);
    }
    assert.equal((await run("activate tenant cluster-a")).code, 0);
    assert.equal(await conditionOf(), "Active");
  });

  test("slices that do not follow are named", async () => {
    const { code, stderr } = await run("cordon tenant cluster-a --skip-confirm --timeout 100ms");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /ResourceSlices rome do not follow their Tenant within 0 s\n {2}is liqo-controller-manager running/,
    );
    const drained = await run("drain tenant cluster-a --skip-confirm --timeout 100ms");
    assert.match(drained.stderr, /resourceslices.authentication.liqo.io rome still exist after 0 s/);
  });

  test("cordon resourceslice marks it until its quota says so, uncordon takes that back", async () => {
    const { ctx, provider } = clusters;
    const { client } = provider;
    const peer = "--remote-cluster-id cluster-a --skip-confirm";
    const user = { user: "x", limitsEnforcement: "None", resources: {} } as const;
    for (const [verb, isCordoned] of [
      ["cordon", true],
      ["uncordon", false],
    ] as const) {
      const play = async () => {
        await seen(
          client,
          resourceSlices,
          SLICE,
          ({ metadata }) => isCordoned === (metadata?.annotations?.["liqo.io/cordon"] === "true"),
        );
        const { items } = await client.list(ctx, quotas);
        const spec = { ...user, cordoned: isCordoned };
        if (items.length === 0) await client.create(ctx, quotas, { metadata: QUOTA, spec });
        else await client.patch(ctx, quotas, QUOTA, "merge", { spec });
      };
      const { outcome } = await whilePlaying(run(`${verb} rs rome ${peer}`), play, ({ code }) => code !== 0);
      assert.equal(outcome.code, 0, outcome.stderr);
    }
  });

  for (const [args, says] of [
    ["cordon tenant nosuch", /Tenant nosuch does not exist on \S+\n {2}there are: liqo-tenant-cluster-a\/cluster-a\n/],
    ["cordon tenant", /missing required argument 'name'/],
    ["drain tenant cluster-a", /nobody is there to confirm it\n {2}add --skip-confirm/],
    ["cordon rs rome", /required option '--remote-cluster-id <id>' not specified/],
    ["cordon rs rome --remote-cluster-id nobody", /there is no tenant namespace of cluster nobody/],
    ["uncordon rs nosuch --remote-cluster-id cluster-a", /ResourceSlice nosuch does not exist in namespace \S+ on/],
    ["activate tenant cluster-a --user nobody", /user "nobody" does not exist/],
  ] as const)
    test(`${args} is refused`, async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });

  test("a slice of this cluster's own is the provider's to cordon", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { namespace: "liqo-tenant-cluster-b", name: "mine" };
    await consumer.client.create(ctx, resourceSlices, { metadata, spec: { class: "x" } });
    const { stderr } = await clusters.liqoctl("cordon rs mine --remote-cluster-id cluster-b");
    assert.match(stderr, /is what this cluster asks for\n {2}only the provider may: run this for cluster cluster-b/);
  });
});

test("cordon names the rights that are missing", async () => {
  await using clusters = await startCliClusters({ forbidden: new Set(["tenants"]) });
  const { stderr } = await clusters.liqoctl("cordon tenant x --context provider");
  assert.match(stderr, /missing rights on \S+: .*\n {2}use the kubeconfig of an administrator/);
});
