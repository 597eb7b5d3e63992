import assert from "node:assert/strict";
import { test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { base64, forgeControlPlaneIdentity, forgeKubeconfigSecret } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { secrets } from "#machinery/builtin.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { clusterKeysController } from "./controller.ts";

const KEYS = { namespace: "default", name: KEYS_SECRET };

test("the cluster has a key pair from the start, and the same one when somebody deletes the Secret", async () => {
  await using running = await runControllers([clusterKeysController]);
  const { ctx, client } = running;
  const first = await seen(client, secrets, KEYS);
  await client.delete(ctx, secrets, KEYS);
  const second = await seen(client, secrets, KEYS, ({ metadata }) => metadata?.uid !== first.metadata?.uid);
  assert.deepEqual(second.data, first.data);
});

test("a key that was deleted while nobody looked is the one that a provider has certified", async () => {
  const { privateKey } = generateKeyPair("ed25519");
  await using running = await runControllers([clusterKeysController], async (ctx, client) => {
    const namespace = TENANT_NAMESPACES.consumer;
    const params = { apiServer: "https://rome.test", signedCRT: base64("CERT") };
    const forged = forgeControlPlaneIdentity("cluster-b", namespace, "liqo-tenant-cluster-a", params);
    const identity = await client.create(ctx, identities, forged);
    const secret = forgeKubeconfigSecret(identity, privateKey, {});
    await client.create(ctx, secrets, secret);
    const status = { kubeconfigSecretRef: { name: secret.metadata?.name ?? "" } };
    await client.updateStatus(ctx, identities, { ...identity, status });
  });
  const found = await seen(running.client, secrets, KEYS);
  assert.equal(found.data?.["privateKey"], base64(privateKey));
});
