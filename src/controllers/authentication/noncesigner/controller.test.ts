import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { test } from "node:test";
import type { Secret } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { withCancel } from "#base/context.ts";
import { base64, forgeNonceSecret, forgeSignedNonceSecret, unbase64 } from "#forge/authentication.ts";
import { KEYS_SECRET } from "#forge/names.ts";
import { createClusterKeys } from "#kit/cluster-keys.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, secrets } from "#machinery/builtin.ts";
import { nonceProblem } from "../nonce.ts";
import { nonceCreatorController } from "../noncecreator/controller.ts";
import { nonceSignerController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.consumer;
const NONCE = base64(randomBytes(64).toString("base64"));

for (const [name, isNonce, bytes] of [
  ["64 random bytes in base64, as upstream and this code make them", true, randomBytes(64).toString("base64")],
  ["the shortest", true, randomBytes(32).toString("base64")],
  ["the longest", true, randomBytes(128).toString("base64")],
  ["shorter ones", false, randomBytes(30).toString("base64")],
  ["longer ones", false, randomBytes(130).toString("base64")],
  ["the random bytes themselves", false, randomBytes(64)],
  ["a text", false, "attacker chosen bytes, long enough to be a nonce"],
  ["a nonce and a line feed", false, `${randomBytes(64).toString("base64")}\n`],
  [
    "what a TLS 1.3 client signs",
    false,
    Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from("TLS 1.3, client CertificateVerify\0"), randomBytes(32)]),
  ],
  ["nothing", false, ""],
] as const) {
  test(`${name}: ${isNonce ? "a nonce" : "no nonce"}`, () => {
    assert.equal(nonceProblem(Buffer.from(bytes).toString("base64")) === undefined, isNonce);
  });
}

test("a nonce is signed in the tenant namespace of the peer it names and nowhere else", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const right = forgeSignedNonceSecret(namespace, "cluster-b", NONCE);
  const wrong: readonly Secret[] = [
    forgeSignedNonceSecret("off", "cluster-b", NONCE),
    {
      ...right,
      metadata: {
        namespace,
        name: "another-peer",
        labels: { ...right.metadata?.labels, [labels.REMOTE_CLUSTER_ID]: "evil" },
      },
    },
    { ...right, metadata: { namespace, name: "no-peer", labels: { [labels.SIGNED_NONCE]: "true" } } },
    { ...right, metadata: { ...right.metadata, name: "no-nonce" }, data: { nonce: base64("attacker chosen bytes") } },
  ];
  for (const secret of [...wrong, right]) await client.create(ctx, secrets, secret);
  await using informers = new Informers(ctx, client);
  await createClusterKeys(ctx, client);
  const running = runController(ctx, nonceSignerController(controllerDeps(client, informers)));
  const isSigned = ({ data }: Secret): boolean => data?.["signedNonce"] !== undefined;
  const signed = await seen(client, secrets, { namespace, name: "liqo-signed-nonce" }, isSigned);
  const keys = await client.get(ctx, secrets, { namespace: "default", name: KEYS_SECRET });
  const publicKey = createPublicKey(unbase64(keys.data?.["publicKey"] ?? ""));
  const signature = Buffer.from(signed.data?.["signedNonce"] ?? "", "base64");
  assert.ok(verify(null, Buffer.from(NONCE, "base64"), publicKey, signature));
  const { items } = await client.list(ctx, secrets);
  assert.equal(items.filter(isSigned).length, 1);
  await eventually("the others are told of", async () => {
    const events = await client.list(ctx, coreEvents);
    const reasons = events.items.map(({ reason }) => reason).filter((reason) => reason !== "NonceSigned");
    assert.deepEqual(reasons.sort(), ["InvalidNonce", "MissingRemoteClusterID", "WrongNamespace", "WrongNamespace"]);
  });
  cancel();
  await running;
});

test("a nonce is made in the tenant namespace of the peer it names and nowhere else", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  for (const place of ["off", namespace]) await client.create(ctx, secrets, forgeNonceSecret(place, "cluster-b"));
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, nonceCreatorController(controllerDeps(client, informers)));
  const hasNonce = ({ data }: Secret): boolean => data?.["nonce"] !== undefined;
  const made = await seen(client, secrets, { namespace, name: "liqo-nonce" }, hasNonce);
  assert.equal(nonceProblem(made.data?.["nonce"] ?? ""), undefined);
  assert.deepEqual((await client.list(ctx, secrets, { namespace: "off" })).items.filter(hasNonce), []);
  cancel();
  await running;
});
