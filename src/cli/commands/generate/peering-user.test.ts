import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { base64, unbase64 } from "#forge/authentication.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { AT_PROVIDER, answerSecret, NONCE, whilePlaying } from "#kit/play-peering.ts";
import { certificateSigningRequests, deployments, nodes, roleBindings, roles, secrets } from "#machinery/builtin.ts";
import { createCa, type Identity } from "#pki/certificate.ts";
import { signCsr } from "#pki/csr.ts";

const USER = "--context provider --consumer-cluster-id cluster-a";
const SELECTED = { labelSelector: "liqo.io/peering-user-name=liqo-peer-user-cluster-a" };

describe("generate and delete peering-user", () => {
  let ca: Identity;
  let clusters: CliClusters;

  before(async () => {
    ca = await createCa("rome");
    clusters = await startCliClusters({ ca });
  });
  after(() => clusters[Symbol.asyncDispose]());

  async function generate(args: string): Promise<ReturnType<typeof credentialsIn>> {
    const { outcome } = await whilePlaying(
      clusters.liqoctl(`generate peering-user ${USER} ${args}`.trim()),
      async () => {
        await answerSecret(clusters.provider, { ...AT_PROVIDER, name: "liqo-nonce" }, { nonce: NONCE });
        await signOne();
      },
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /keep what is printed: it is stored nowhere\n/);
    return credentialsIn(outcome.stdout);
  }

  async function signOne(): Promise<void> {
    const { ctx, provider } = clusters;
    for await (const event of provider.client.watch(ctx, certificateSigningRequests, { resourceVersion: "0" })) {
      if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
      const { spec, status } = event.object;
      if (status?.conditions?.[0]?.type !== "Approved") continue;
      const certificate = base64(await signCsr(ca, unbase64(spec.request), { usages: ["client"] }));
      const signed = { ...event.object, status: { ...status, certificate } };
      await provider.client.updateStatus(ctx, certificateSigningRequests, signed);
      return;
    }
  }

  /** Names of what is the user's. */
  async function made(): Promise<string[]> {
    const { ctx, provider } = clusters;
    const lists = await Promise.all([
      provider.client.list(ctx, roles, SELECTED),
      provider.client.list(ctx, roleBindings, SELECTED),
      provider.client.list(ctx, certificateSigningRequests),
    ]);
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata?.namespace}`));
  }

  test("without an address of the API server nothing is made", async () => {
    const { ctx, provider } = clusters;
    await provider.client.create(ctx, secrets, {
      metadata: { ...AT_PROVIDER, name: "liqo-nonce" },
      data: { nonce: NONCE },
    });
    const { code, stderr } = await clusters.liqoctl(`generate peering-user ${USER}`);
    assert.deepEqual([code, await made()], [1, []]);
    assert.match(stderr, /no node has the role control-plane; set apiServer\.address/);
    await provider.client.delete(ctx, secrets, { ...AT_PROVIDER, name: "liqo-nonce" });
    const metadata = { name: "rome", labels: { "node-role.kubernetes.io/control-plane": "" } };
    const status = { addresses: [{ type: "InternalIP", address: "172.18.0.2" }] };
    await provider.client.create(ctx, nodes, { metadata, status });
  });

  test("a user is made once, and after its end another", async () => {
    const first = await generate("");
    assert.deepEqual(
      [first.server, first.namespace, first.cluster, first.keyType],
      ["https://172.18.0.2:6443", AT_PROVIDER.namespace, "cluster-b", "ed25519"],
    );
    assert.match(first.subject, /^O=liqo\.io\nCN=liqo-peer-user-cluster-a-[0-9a-f]{32}$/);
    const { liqo, tenant } = { liqo: "liqo", tenant: AT_PROVIDER.namespace };
    const all = [`Role ${tenant}`, `Role ${liqo}`, `RoleBinding ${tenant}`, `RoleBinding ${liqo}`].sort();
    assert.deepEqual((await made()).sort(), all);
    const again = await clusters.liqoctl(`generate peering-user ${USER}`);
    assert.match(
      again.stderr,
      /a user to peer from cluster cluster-a exists already\n {2}.*liqoctl delete peering-user/,
    );
    assert.equal(again.stdout, "");
    const deleted = await clusters.liqoctl(`delete peering-user ${USER}`);
    assert.deepEqual([deleted.stderr, await made()], ["✓ (local) Peering user of cluster cluster-a deleted\n", []]);
    assert.equal(
      (await clusters.liqoctl(`delete peering-user ${USER}`)).stderr,
      "✓ (local) Cluster cluster-a has no peering user\n",
    );
    const second = await generate("--tls-compatibility-mode true");
    assert.notEqual(second.subject, first.subject);
    assert.equal(second.keyType, "rsa");
    await clusters.liqoctl(`delete peering-user ${USER}`);
  });

  test("address and kind of key are those that liqo-controller-manager was given", async () => {
    const { ctx, provider } = clusters;
    const args = ["--api-server-address-override=rome.example.com:443", "--tls-compatibility-mode=true"];
    const template = {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "manager", image: "liqo:v1", args }] },
    };
    await provider.client.create(ctx, deployments, {
      metadata: { name: "liqo-controller-manager", namespace: "liqo" },
      spec: { selector: { matchLabels: { a: "b" } }, template },
    });
    const { server, keyType } = await generate("");
    assert.deepEqual([server, keyType], ["https://rome.example.com:443", "rsa"]);
    await clusters.liqoctl(`delete peering-user ${USER}`);
  });

  for (const [args, says] of [
    ["generate peering-user --context provider", /required option '--consumer-cluster-id <id>' not specified/],
    [
      "generate peering-user --consumer-cluster-id cluster-a",
      /--consumer-cluster-id "cluster-a" is the cluster itself/,
    ],
    [`generate peering-user ${USER} --tls-compatibility-mode yes`, /Allowed choices are auto, true, false/],
    ["delete peering-user --context provider", /required option '--consumer-cluster-id <id>' not specified/],
  ] as const)
    test(`${args} is refused`, async () => {
      const { code, stderr } = await clusters.liqoctl(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
});

test("who may not see namespaces is told what is missing", async () => {
  const forbidden = new Set<string>();
  await using clusters = await startCliClusters({ forbidden });
  forbidden.add("namespaces");
  // Neither list nor get: then it is as if there were none, and making one is what is missing.
  const { stderr } = await clusters.liqoctl("authenticate --remote-context provider");
  assert.match(stderr, /missing rights on \S+: this user cannot create namespaces/);
});

function credentialsIn(text: string) {
  const { clusters, users, contexts } = parse(text);
  const certificate = new X509Certificate(unbase64(users[0].user["client-certificate-data"]));
  const key = createPublicKey(unbase64(users[0].user["client-key-data"]));
  assert.ok(certificate.publicKey.equals(key));
  return {
    server: clusters[0].cluster.server,
    cluster: clusters[0].name,
    namespace: contexts[0].context.namespace,
    subject: certificate.subject,
    keyType: key.asymmetricKeyType,
  };
}
