import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { parse } from "yaml";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import {
  AT_CONSUMER,
  AT_PROVIDER,
  AUTH_PARAMS,
  answerSecret,
  encoded,
  GATEWAY_KEY,
  NONCE,
  preparePeering,
  whilePlaying,
} from "#kit/play-peering.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

const KINDS = [configurations, gatewayClients, resourceSlices, identities, tenants] as readonly Resource<KubeObject>[];
const TEXT = Buffer.from(NONCE, "base64").toString();

describe("generate, get and delete", () => {
  let clusters: CliClusters;
  const run = (args: string) => clusters.liqoctl(args);

  before(async () => {
    clusters = await startCliClusters();
    await preparePeering(clusters);
  });
  after(() => clusters[Symbol.asyncDispose]());
  afterEach(async () => {
    const { ctx, consumer, provider } = clusters;
    for (const { client } of [consumer, provider])
      for (const kind of KINDS)
        for (const item of (await client.list(ctx, kind)).items) await client.deleteIfPresent(ctx, kind, keyOf(item));
    await consumer.client.deleteIfPresent(ctx, secrets, { ...AT_CONSUMER, name: "liqo-signed-nonce" });
  });

  test("generate configuration prints this cluster's CIDRs, named and labelled after it", async () => {
    const { stdout } = await run("generate configuration");
    assert.deepEqual(parse(stdout), {
      apiVersion: "networking.liqo.io/v1beta1",
      kind: "Configuration",
      metadata: { name: "cluster-a", labels: { "liqo.io/remote-cluster-id": "cluster-a" } },
      spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
    });
    const json = await run("generate config -n there -o json --global-labels a=b");
    const { namespace, labels } = JSON.parse(json.stdout).metadata;
    assert.deepEqual([namespace, labels.a], ["there", "b"]);
  });

  test("generate publickey prints the key of a gateway", async () => {
    const { ctx, consumer } = clusters;
    await createWithStatus(ctx, consumer.client, gatewayClients, {
      metadata: AT_CONSUMER,
      spec: {},
      status: { secretRef: { name: "gateway-keys", namespace: AT_CONSUMER.namespace } },
    } as never);
    const { stdout, stderr } = await run("generate publickey --gateway-type client --gateway-name cluster-b");
    assert.equal(stderr, "");
    const { metadata, spec } = parse(stdout);
    assert.deepEqual([metadata.name, metadata.namespace, spec.publicKey], ["cluster-a", undefined, GATEWAY_KEY]);
  });

  test("generate tenant signs the nonce, and remembers it", async () => {
    const args = "generate tenant --remote-cluster-id cluster-b";
    const { outcome } = await whilePlaying(
      run(`${args} --nonce ${TEXT} --remote-tenant-namespace there --proxy-url http://proxy`),
      () =>
        answerSecret(clusters.consumer, { ...AT_CONSUMER, name: "liqo-signed-nonce" }, { signedNonce: encoded("s") }),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    const tenant = parse(outcome.stdout);
    assert.deepEqual(tenant.metadata, {
      name: "cluster-a",
      namespace: "there",
      labels: { "liqo.io/remote-cluster-id": "cluster-a" },
    });
    assert.deepEqual([tenant.spec.signature, tenant.spec.proxyURL], [encoded("s"), "http://proxy"]);
    assert.match(Buffer.from(tenant.spec.csr, "base64").toString(), /BEGIN CERTIFICATE REQUEST/);
    assert.equal(parse((await run(args)).stdout).spec.signature, encoded("s"));
  });

  test("generate identity prints what the Tenant was given", async () => {
    const { ctx, provider } = clusters;
    const args = "generate identity --context provider --remote-cluster-id cluster-a";
    assert.match((await run(args)).stderr, /there is no Tenant of cluster cluster-a in namespace \S+\n {2}apply what/);
    const labels = { "liqo.io/remote-cluster-id": "cluster-a" };
    await provider.client.create(ctx, tenants, { metadata: { ...AT_PROVIDER, labels }, spec: {} } as KubeObject);
    assert.match((await run(args)).stderr, /Tenant \S+\/cluster-a has not been accepted\n {2}`kubectl describe tenant/);
    const status = { authParams: AUTH_PARAMS, tenantNamespace: AT_PROVIDER.namespace };
    await provider.client.patch(ctx, tenants, AT_PROVIDER, "merge", { status }, { subresource: "status" });
    const { metadata, spec } = parse((await run(`${args} --remote-tenant-namespace there`)).stdout);
    assert.deepEqual([metadata.name, metadata.namespace], ["controlplane-cluster-b", "there"]);
    assert.deepEqual([spec.clusterID, spec.type, spec.namespace], ["cluster-b", "ControlPlane", AT_PROVIDER.namespace]);
  });

  test("get kubeconfig prints that of an Identity", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { ...AT_CONSUMER, name: "kubeconfig-x" };
    const kubeconfig = encoded(JSON.stringify({ clusters: [{ name: "rome" }] }));
    await consumer.client.create(ctx, secrets, { metadata, data: { kubeconfig } });
    await createWithStatus(ctx, consumer.client, identities, {
      metadata: { ...AT_CONSUMER, name: "x" },
      spec: { clusterID: "cluster-b", type: "ControlPlane", authParams: { apiServer: "" } },
      status: { kubeconfigSecretRef: { name: "kubeconfig-x" } },
    } as never);
    assert.equal((await run("get kc x --remote-cluster-id cluster-b")).stdout, "clusters:\n  - name: rome\n");
    await consumer.client.delete(ctx, secrets, metadata);
    assert.match(
      (await run("get kc x --remote-cluster-id cluster-b")).stderr,
      /Identity \S+\/x has no kubeconfig yet\n/,
    );
  });

  test("delete finds the object wherever it lies, and lists what there is", async () => {
    const { ctx, consumer } = clusters;
    const create = (namespace: string, name: string) =>
      consumer.client.create(ctx, configurations, { metadata: { namespace, name }, spec: {} });
    await create(AT_CONSUMER.namespace, "rome");
    await create("off", "twice");
    await create("default", "twice");
    assert.equal((await run("delete configuration rome")).stderr, "✓ (local) Configuration rome deleted\n");
    const gone = await run("delete configuration rome");
    assert.match(
      gone.stderr,
      /Configuration rome does not exist on https:\S+\n {2}there are: default\/twice, off\/twice\n/,
    );
    assert.match((await run("delete configuration twice")).stderr, /are called twice: .*\n {2}name the namespace too/);
    assert.equal((await run("delete configuration twice -n off")).code, 0);
    assert.match((await run("delete vn nosuch")).stderr, /VirtualNode nosuch does not exist .*\n {2}there is none\n/);
  });

  test("delete says when the end is waited for, and leaves alone what a consumer has sent", async () => {
    const { ctx, consumer } = clusters;
    const slice = { ...AT_CONSUMER, name: "held", finalizers: ["a.b/c"] };
    await consumer.client.create(ctx, resourceSlices, { metadata: slice, spec: { class: "x" } });
    assert.match((await run("delete rs held")).stderr, /ResourceSlice held is being deleted: it goes when/);
    await consumer.client.patch(ctx, resourceSlices, keyOf({ metadata: slice }), "merge", {
      metadata: { finalizers: null },
    });
    const sent = { ...AT_CONSUMER, name: "sent", labels: { "liqo.io/replicated": "true" } };
    await consumer.client.create(ctx, resourceSlices, { metadata: sent, spec: { class: "x" } });
    const { code, stderr } = await run("delete rs sent");
    assert.equal(code, 1);
    assert.match(stderr, /is what a consumer asks this cluster for\n {2}it would come back/);
  });

  for (const [args, says] of [
    ["generate configuration --liqo-namespace off", /Liqo is not installed in namespace off/],
    ["generate publickey --gateway-name a", /required option '--gateway-type <type>' not specified/],
    ["generate publickey --gateway-type both --gateway-name a", /Allowed choices are server, client/],
    [
      "generate publickey --gateway-type server --gateway-name a",
      /GatewayServer a does not exist on \S+\n {2}there is none/,
    ],
    ["generate tenant --remote-cluster-id cluster-b", /there is no nonce of cluster-b to sign\n {2}give the one that/],
    ["generate tenant --remote-cluster-id cluster-b --nonce n --timeout 100ms", /the nonce was not signed; its events/],
    ["generate identity --remote-cluster-id nobody", /there is no tenant namespace of cluster nobody/],
    [
      "get nonce --remote-cluster-id cluster-b",
      /there is no nonce for cluster-b\n {2}make one with `liqoctl create nonce/,
    ],
    ["get nonce --remote-cluster-id nobody", /there is no tenant namespace of cluster nobody/],
    ["get kubeconfig x --remote-cluster-id cluster-b", /Identity x does not exist in namespace \S+ on/],
    ["delete configuration x --kubeconfig /nonexistent", /kubeconfig \/nonexistent: cannot be read/],
  ] as const)
    test(`${args} is refused`, async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
});

test("delete names the rights that are missing", async () => {
  await using clusters = await startCliClusters({ forbidden: new Set(["configurations"]) });
  const { stderr } = await clusters.liqoctl("delete configuration x --context provider");
  assert.match(stderr, /missing rights on \S+: .*cannot list .*\n {2}use the kubeconfig of an administrator/);
});
