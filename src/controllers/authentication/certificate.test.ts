import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { base64, unbase64 } from "#forge/authentication.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { Informers } from "#kube/informer/informers.ts";
import { certificateSigningRequests, nodes, secrets } from "#machinery/builtin.ts";
import { createCa } from "#pki/certificate.ts";
import { createCsr, signCsr } from "#pki/csr.ts";
import { generateKeyPair } from "#pki/keys.ts";
import { authParamsFor, ensureCertificate, renewalDelayMs } from "./certificate.ts";

const DAY_MS = 24 * 3_600_000;
const CA = await createCa("milan");
const SUBJECT = { commonName: "rome", organizations: ["liqo.io"] };
const csrOf = async (): Promise<string> => base64(await createCsr(generateKeyPair("ed25519").privateKey, SUBJECT));
const REQUEST = { namespace: "off", secretName: "certificate", consumerId: "rome" };
const KEY = { namespace: "off", name: "certificate" };

/** The signer of a cluster, for one request: what is approved gets its certificate, or what `answer` says. */
async function signOne(ctx: Context, client: KubeClient, answer?: { type: string; message: string }): Promise<void> {
  for await (const event of client.watch(ctx, certificateSigningRequests, { resourceVersion: "0" })) {
    if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
    const { object } = event;
    const conditions = object.status?.conditions ?? [];
    if (!conditions.some(({ type }) => type === "Approved")) continue;
    const certificate = base64(await signCsr(CA, unbase64(object.spec.request), { usages: ["client"] }));
    const failure = answer === undefined ? [] : [{ ...answer, status: "True" as const }];
    const status = { conditions: [...conditions, ...failure], ...(answer === undefined && { certificate }) };
    await client.updateStatus(ctx, certificateSigningRequests, { ...object, status });
    return;
  }
}

test("a certificate is signed by the cluster once, kept, and signed anew for another request or when it ages", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  let epochMs = Date.now();
  const deps = controllerDeps(client, informers, { ...systemClock, epochMs: () => epochMs });
  const signed = async (csr: string): Promise<string> => {
    const [certificate] = await Promise.all([ensureCertificate(ctx, deps, { ...REQUEST, csr }), signOne(ctx, client)]);
    return certificate;
  };
  const csr = await csrOf();
  const first = await signed(csr);
  // Nobody signs now: it is the one that was kept.
  assert.equal(await ensureCertificate(ctx, deps, { ...REQUEST, csr }), first);
  assert.deepEqual((await client.list(ctx, certificateSigningRequests)).items, []);
  const other = await signed(await csrOf());
  assert.notEqual(other, first);
  const kept = await client.get(ctx, secrets, KEY);
  assert.equal(kept.data?.["certificate"], other);
  epochMs += renewalDelayMs(other, epochMs) + 400 * DAY_MS;
  assert.notEqual(await signed(kept.data?.["csr"] ?? ""), other);
});

test("a request that the cluster does not sign is told of, and left behind nowhere", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const wanted = ensureCertificate(ctx, controllerDeps(client, informers), { ...REQUEST, csr: await csrOf() });
  const failed = assert.rejects(wanted, /sign CertificateSigningRequest liqo-identity-\S+: no such key usage/);
  await signOne(ctx, client, { type: "Failed", message: "no such key usage" });
  await failed;
  assert.deepEqual((await client.list(ctx, certificateSigningRequests)).items, []);
  assert.equal(await client.find(ctx, secrets, KEY), undefined);
});

test("a certificate is looked at again at two thirds of its life, after twenty days at the latest, never at once", async () => {
  const certificate = base64(await signCsr(CA, unbase64(await csrOf()), { usages: ["client"] }));
  const nowMs = Date.now();
  const delayMs = renewalDelayMs(certificate, nowMs);
  assert.ok(delayMs > 0 && delayMs <= 20 * DAY_MS);
  assert.equal(renewalDelayMs(certificate, nowMs + 3_650 * DAY_MS), 1_000);
});

test("a consumer is told the address that was set, or that of a control-plane node", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  await assert.rejects(authParamsFor(ctx, deps, "CRT"), /set apiServer\.address in the chart's values/);
  const set = { ...deps, settings: { ...deps.settings, apiServerAddressOverride: "https://milan.test" } };
  assert.deepEqual(await authParamsFor(ctx, set, "CRT", "http://proxy.test"), {
    apiServer: "https://milan.test",
    signedCRT: "CRT",
    proxyURL: "http://proxy.test",
  });
  const own = { ...set, settings: { ...set.settings, ca: "CA" } };
  assert.equal((await authParamsFor(ctx, own, "CRT")).ca, Buffer.from("CA").toString("base64"));
  const labels = { "node-role.kubernetes.io/control-plane": "" };
  const node = await client.create(ctx, nodes, { metadata: { name: "cp", labels } });
  const addresses = [
    { type: "Hostname", address: "cp" },
    { type: "InternalIP", address: "172.18.0.2" },
  ];
  await client.updateStatus(ctx, nodes, { ...node, status: { addresses } });
  assert.equal((await authParamsFor(ctx, deps, "CRT")).apiServer, "https://172.18.0.2:6443");
});
