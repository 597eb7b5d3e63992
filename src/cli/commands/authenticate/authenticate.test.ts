import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { ips } from "#api/ipam/ip.ts";
import { configurations } from "#api/networking/configuration.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import {
  AT_CONSUMER,
  AT_PROVIDER,
  answerSecret,
  encoded,
  NONCE,
  playAuthentication,
  preparePeering,
  whilePlaying,
} from "#kit/play-peering.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { publicKeyOf } from "#pki/keys.ts";

const KINDS = [identities, tenants, resourceSlices] as readonly Resource<KubeObject>[];
const IDENTITY = { ...AT_CONSUMER, name: "controlplane-cluster-b" };

describe("authenticate and unauthenticate", () => {
  let clusters: CliClusters;
  const run = (args: string) => clusters.liqoctl(`${args} --remote-context provider`);

  before(async () => {
    clusters = await startCliClusters();
    await preparePeering(clusters);
  });
  after(() => clusters[Symbol.asyncDispose]());
  afterEach(async () => {
    const { ctx, consumer, provider } = clusters;
    for (const { client } of [consumer, provider]) {
      for (const kind of KINDS)
        for (const item of (await client.list(ctx, kind)).items) await client.deleteIfPresent(ctx, kind, keyOf(item));
    }
    await consumer.client.deleteIfPresent(ctx, secrets, { ...AT_CONSUMER, name: "liqo-signed-nonce" });
    await provider.client.deleteIfPresent(ctx, secrets, { ...AT_PROVIDER, name: "liqo-nonce" });
  });

  async function authenticate(): Promise<Awaited<ReturnType<typeof playAuthentication>> | undefined> {
    const running = run("authenticate --timeout 30s --proxy-url http://proxy:8118");
    const { outcome, played } = await whilePlaying(
      running,
      () => playAuthentication(clusters),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    return played;
  }

  test("authenticate gives the consumer an Identity of the provider's answer, and again changes nothing", async () => {
    const { ctx, consumer, provider } = clusters;
    const played = await authenticate();
    assert.equal(played?.tenant.spec?.signature, NONCE);
    assert.equal(played?.tenant.spec?.proxyURL, "http://proxy:8118");
    assert.deepEqual(
      [played?.identity.spec?.clusterID, played?.identity.spec?.namespace],
      ["cluster-b", AT_PROVIDER.namespace],
    );
    const again = await run("auth");
    assert.equal(again.code, 0, again.stderr);
    const tenant = await provider.client.get(ctx, tenants, AT_PROVIDER);
    const identity = await consumer.client.get(ctx, identities, IDENTITY);
    assert.deepEqual(
      [tenant.metadata?.uid, identity.metadata?.uid],
      [played?.tenant.metadata?.uid, played?.identity.metadata?.uid],
    );
  });

  test("a nonce that was signed for an earlier peering is replaced", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { ...AT_CONSUMER, name: "liqo-signed-nonce" };
    await consumer.client.create(ctx, secrets, { metadata, data: { nonce: encoded("old"), signedNonce: NONCE } });
    await authenticate();
    assert.equal((await consumer.client.get(ctx, secrets, metadata)).data?.["nonce"], NONCE);
  });

  test("a Tenant of another key is told of, and stays", async () => {
    const { ctx, consumer, provider } = clusters;
    await provider.client.create(ctx, tenants, {
      metadata: { ...AT_PROVIDER, labels: { "liqo.io/remote-cluster-id": "cluster-a" } },
      spec: { clusterID: "cluster-a", publicKey: encoded("another") },
    } as KubeObject);
    await provider.client.create(ctx, secrets, {
      metadata: { ...AT_PROVIDER, name: "liqo-nonce" },
      data: { nonce: NONCE },
    });
    await consumer.client.create(ctx, secrets, {
      metadata: { ...AT_CONSUMER, name: "liqo-signed-nonce" },
      data: { nonce: NONCE, signedNonce: NONCE },
    });
    const { code, stderr } = await run("authenticate");
    assert.equal(code, 1);
    assert.match(stderr, /Tenant liqo-tenant-cluster-a\/cluster-a is there with another key\n {2}it is of an earlier/);
    assert.notEqual(await provider.client.find(ctx, tenants, AT_PROVIDER), undefined);
  });

  test("a provider that makes no nonce is told of, and the next try goes on", async () => {
    const { code, stderr } = await run("authenticate --timeout 100ms");
    assert.equal(code, 1);
    assert.match(stderr, /✗ \(remote\) Nonce generated\nerror: secrets \S+: no nonce was generated/);
    await authenticate();
  });

  test("unauthenticate removes Identity, Tenant and nonces, and is repeatable", async () => {
    const { ctx, consumer, provider } = clusters;
    await authenticate();
    const { code, stderr } = await run("unauthenticate");
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "✓ (local) Identity removed (0.0s)\n✓ (remote) Tenant removed (0.0s)\n");
    assert.equal(await consumer.client.find(ctx, identities, IDENTITY), undefined);
    assert.equal(await provider.client.find(ctx, tenants, AT_PROVIDER), undefined);
    assert.equal(await provider.client.find(ctx, secrets, { ...AT_PROVIDER, name: "liqo-nonce" }), undefined);
    assert.equal((await run("unauth --wait=false")).code, 0);
  });

  test("unauthenticate is refused while a slice is in use, and removes nothing", async () => {
    const { ctx, consumer, provider } = clusters;
    await authenticate();
    const labels = { "liqo.io/remote-cluster-id": "cluster-b" };
    await consumer.client.create(ctx, resourceSlices, { metadata: { ...AT_CONSUMER, labels }, spec: { class: "x" } });
    const { code, stderr } = await run("unauthenticate");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /in use: ResourceSlice cluster-b\n {2}`liqoctl delete resourceslice cluster-b` first, or `liqoctl unpeer`/,
    );
    assert.notEqual(await provider.client.find(ctx, tenants, AT_PROVIDER), undefined);
  });

  test("authenticate --in-band leads the consumer to the provider's proxy, where it sees it", async () => {
    const { ctx, consumer, provider } = clusters;
    const spec = { remote: { cidr: { pod: ["10.245.0.0/16"], external: ["10.70.0.0/16"] } } };
    const seen = { remote: { cidr: { pod: ["10.245.0.0/16"], external: ["10.71.0.0/16"] } } };
    const labels = { "liqo.io/remote-cluster-id": "cluster-b" };
    await createWithStatus(ctx, consumer.client, configurations, {
      metadata: { ...AT_CONSUMER, labels },
      spec,
      status: seen,
    });
    const lonely = await run("authenticate --in-band");
    assert.match(
      lonely.stderr,
      /cluster-b has no proxy: IP liqo\/api-server-proxy is missing on .*\n {2}.*proxy\.enabled=true/,
    );
    await createWithStatus(ctx, provider.client, ips, {
      metadata: { namespace: "liqo", name: "api-server-proxy" },
      spec: { ip: "10.96.7.7" },
      status: { ip: "10.70.0.3", cidr: "10.70.0.0/16" },
    });
    const { outcome, played } = await whilePlaying(
      run("authenticate --timeout 30s --in-band"),
      () => playAuthentication(clusters),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.equal(played?.tenant.spec?.proxyURL, "http://10.71.0.3:8118");
    await provider.client.delete(ctx, ips, { namespace: "liqo", name: "api-server-proxy" });
    await consumer.client.delete(ctx, configurations, AT_CONSUMER);
  });

  for (const [args, says] of [
    ["authenticate --remote-kubeconfig /nonexistent", /kubeconfig \/nonexistent: cannot be read\n {2}check/],
    ["authenticate -n off", /Liqo is not installed in namespace off of the cluster/],
    ["authenticate --proxy-url https://proxy:8118", /--proxy-url "https:\/\/proxy:8118": must be a URL such as http:/],
    ["authenticate --in-band", /--in-band: cluster-a has no network with cluster-b\n {2}`liqoctl network connect`/],
    ["authenticate --timeout soon", /must be a duration such as 90s or 10m/],
    ["unauthenticate --context provider", /both clusters have the id "cluster-b"/],
  ] as const)
    test(`${args} is refused`, async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
});

for (const [verb, missing] of [
  ["authenticate", "create tenants.authentication.liqo.io"],
  ["unauthenticate", "delete tenants.authentication.liqo.io"],
] as const)
  test(`${verb} names the rights that are missing`, async () => {
    await using clusters = await startCliClusters({ forbidden: new Set(["tenants"]) });
    const { code, stderr } = await clusters.liqoctl(`${verb} --remote-context provider`);
    assert.equal(code, 1);
    assert.ok(stderr.includes(`this user cannot ${missing} in namespace liqo-tenant-cluster-a`), stderr);
  });

test("a user who changes no Tenant is told what to do for another proxy", async () => {
  await using clusters = await startCliClusters({
    refused: { resource: "tenants", verb: "patch", reason: "a peering user" },
  });
  await preparePeering(clusters);
  const { ctx, consumer, provider } = clusters;
  const { data } = await consumer.client.get(ctx, secrets, { namespace: "liqo", name: "authentication-keys" });
  const publicKey = encoded(publicKeyOf(Buffer.from(data?.["privateKey"] ?? "", "base64").toString()));
  await provider.client.create(ctx, tenants, {
    metadata: { ...AT_PROVIDER, labels: { "liqo.io/remote-cluster-id": "cluster-a" } },
    spec: { clusterID: "cluster-a", publicKey },
  });
  const { outcome } = await whilePlaying(
    clusters.liqoctl("authenticate --remote-context provider --proxy-url http://proxy:8118"),
    async () => {
      await answerSecret(provider, { ...AT_PROVIDER, name: "liqo-nonce" }, { nonce: NONCE });
      await answerSecret(consumer, { ...AT_CONSUMER, name: "liqo-signed-nonce" }, { signedNonce: NONCE });
    },
    ({ code }) => code !== 0,
  );
  assert.match(
    outcome.stderr,
    /cannot change Tenant \S+, whose peering was made without a proxy\n {2}`liqoctl unpeer` first/,
  );
});
