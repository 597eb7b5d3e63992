import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import type { Controller, Result } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { mutatingWebhookConfigurations, secrets } from "#machinery/builtin.ts";
import { isIssuedBy } from "#pki/certificate.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { WEBHOOK_LABEL, type WebhookConfiguration } from "./ca-bundles.ts";
import { webhookCertificateController } from "./controller.ts";
import { ensureCertificate, renewalMs, type WebhookCertificate } from "./secret.ts";

const SECRET = { namespace: "liqo", name: "liqo-webhook-certs" };
const CONFIGURATION = "liqo-mutating-webhook";
const DAY_MS = 24 * 3_600_000;

let api: TestApiServer;
let client: KubeClient;
let informers: Informers;
let ctx: Context;
let cancel: () => void;
let nowMs: number;
const options = { secret: SECRET, service: "liqo-webhook", clock: { ...systemClock, epochMs: () => nowMs } };

// In a suite: tests of all files share one process, and hooks at the top would run for each of them.
describe("the certificate of the webhooks", () => {
  beforeEach(async () => {
    nowMs = Date.now();
    ({ ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger }));
    api = await startTestApiServer({ namespaces: ["liqo"] });
    client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
    informers = new Informers(ctx, client);
    await configure();
  });
  afterEach(async () => {
    cancel();
    await informers[Symbol.asyncDispose]();
    client[Symbol.dispose]();
    await api[Symbol.asyncDispose]();
  });

  async function configure(): Promise<void> {
    const webhook = {
      name: "pod.mutate.liqo.io",
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      clientConfig: { service: { name: "liqo-webhook", namespace: "liqo", path: "/mutate/pod" } },
    };
    const configuration = {
      metadata: { name: CONFIGURATION, labels: { [WEBHOOK_LABEL]: "true" } },
      webhooks: [webhook],
    };
    await client.create(ctx, mutatingWebhookConfigurations, configuration);
  }

  /** The certificates that the API server trusts, the newest first. */
  async function trusted(): Promise<string[]> {
    const found: WebhookConfiguration = await client.get(ctx, mutatingWebhookConfigurations, { name: CONFIGURATION });
    const bundle = Buffer.from(found.webhooks?.[0]?.clientConfig.caBundle ?? "", "base64").toString("utf8");
    return bundle.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----\n/g) ?? [];
  }

  interface Replica {
    readonly controller: Controller;
    served(): WebhookCertificate;
    look(): Promise<Result>;
  }

  async function startReplica(): Promise<Replica> {
    let served = await ensureCertificate(ctx, client, options);
    const controller = webhookCertificateController({
      ...{ ...options, client, informers, first: served },
      serve: (certificate) => {
        served = certificate;
      },
    });
    return { controller, served: () => served, look: () => controller.reconcile(ctx, SECRET) };
  }

  async function isTrusted({ cert }: WebhookCertificate): Promise<boolean> {
    return (await trusted()).some((ca) => isIssuedBy(cert, ca, new Date(nowMs)));
  }

  test("replicas that start at the same time serve one certificate, which the API server trusts", async () => {
    const [one, two] = await Promise.all([startReplica(), startReplica()]);
    assert.deepEqual(one.served(), two.served());
    await one.look();
    assert.ok(await isTrusted(two.served()));
  });

  test("a young certificate stays, and is looked at again within a day", async () => {
    const replica = await startReplica();
    const before = replica.served();
    const { requeueAfterMs = 0 } = await replica.look();
    assert.ok(requeueAfterMs > 0 && requeueAfterMs <= DAY_MS, String(requeueAfterMs));
    assert.equal(replica.served(), before);
  });

  test("at two thirds of its life a new one is trusted first and served later, by every replica", async () => {
    const replicas = [await startReplica(), await startReplica()];
    const [one, two] = replicas;
    assert.ok(one && two);
    const old = one.served();
    await one.look();
    nowMs = renewalMs(old) - 1;
    await one.look();
    assert.equal((await trusted()).length, 1, "not before its time");
    nowMs += 1;
    const [first] = await Promise.all([one.look(), two.look()]);
    assert.equal((await trusted()).length, 2);
    for (const { served } of replicas) {
      assert.equal(served().cert, old.cert);
      assert.ok(await isTrusted(served()));
    }
    nowMs += first?.requeueAfterMs ?? 0;
    await one.look();
    assert.notEqual(one.served().cert, old.cert);
    // The other replica has not looked yet: both certificates are in use.
    for (const { served } of replicas) assert.ok(await isTrusted(served()));
    await two.look();
    assert.deepEqual(two.served(), one.served());
  });

  test("a replica that starts during a rotation serves the new certificate, trusted before", async () => {
    const one = await startReplica();
    nowMs = renewalMs(one.served());
    await one.look();
    const late = await startReplica();
    assert.notEqual(late.served().cert, one.served().cert);
    for (const { served } of [one, late]) assert.ok(await isTrusted(served()));
  });

  test("an expired certificate is replaced at once: nobody trusts it", async () => {
    const replica = await startReplica();
    const old = replica.served();
    await replica.look();
    nowMs += 2 * 365 * DAY_MS;
    await replica.look();
    assert.notEqual(replica.served().cert, old.cert);
  });

  test("when the Secret is deleted, what is served stays trusted until the new one is", async () => {
    const replica = await startReplica();
    const old = replica.served();
    await replica.look();
    await client.delete(ctx, secrets, SECRET);
    const { requeueAfterMs = 0 } = await replica.look();
    assert.equal(replica.served().cert, old.cert);
    assert.ok(await isTrusted(replica.served()));
    nowMs += requeueAfterMs;
    await replica.look();
    assert.notEqual(replica.served().cert, old.cert);
    assert.ok(await isTrusted(replica.served()));
  });

  test("configurations that are replaced are trusted again", async () => {
    const replica = await startReplica();
    await replica.look();
    await client.delete(ctx, mutatingWebhookConfigurations, { name: CONFIGURATION });
    await configure();
    assert.deepEqual(await trusted(), []);
    await replica.look();
    assert.ok(await isTrusted(replica.served()));
  });

  test("a Secret that holds no certificate is made anew", async () => {
    const rubbish = Buffer.from("rubbish").toString("base64");
    const data = { "ca.crt": rubbish, "tls.crt": rubbish, "tls.key": rubbish };
    await client.create(ctx, secrets, { metadata: SECRET, data });
    const replica = await startReplica();
    await replica.look();
    assert.ok(await isTrusted(replica.served()));
  });
});
