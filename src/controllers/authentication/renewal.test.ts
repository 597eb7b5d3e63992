/** The certificates of a peering over days: what the provider's signer makes short is made anew in time, at both ends. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Context, withCancel } from "#base/context.ts";
import { isAborted } from "#base/errors.ts";
import { authenticate } from "#cli/peering/authentication/authenticate.ts";
import type { Side } from "#cli/peering/side.ts";
import { createPrinter } from "#cli/printer/printer.ts";
import { base64, forgeResourceSlice, unbase64 } from "#forge/authentication.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { type JumpingClock, jumpingClock } from "#kit/jumping-clock.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES, type TestCluster } from "#kit/two-clusters.ts";
import { KubeClient } from "#kube/client/client.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import { type Controller, runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { certificateSigningRequests, secrets } from "#machinery/builtin.ts";
import { createCa, type Identity } from "#pki/certificate.ts";
import { signCsr } from "#pki/csr.ts";
import { replicationControllers } from "#replication/replicator.ts";
import type { Deps } from "../deps.ts";
import { clusterKeysController } from "./clusterkeys/controller.ts";
import { identityController } from "./identity/controller.ts";
import { localResourceSliceController } from "./localresourceslice/controller.ts";
import { nonceCreatorController } from "./noncecreator/controller.ts";
import { nonceSignerController } from "./noncesigner/controller.ts";
import { remoteResourceSliceController } from "./remoteresourceslice/controller.ts";
import { renewController } from "./renew/controller.ts";
import { tenantController } from "./tenant/controller.ts";

const DAY_MS = 24 * 3_600_000;
/** Backdated, so that TLS, which goes by the machine's own clock, takes all of them: two thirds are over after one day. */
const [BACK_MS, AHEAD_MS] = [5 * DAY_MS, 4 * DAY_MS];
const RENEWALS = 3;
const AT_CONSUMER = TENANT_NAMESPACES.consumer;
const SECRETS = ["kubeconfig-controlplane-cluster-b", "kubeconfig-resourceslice-slice"] as const;

test("both identities of a consumer are renewed before they end, three times, while they are in use", async () => {
  const clock = jumpingClock(Date.now() - (RENEWALS * DAY_MS) / 2);
  const ca = await createCa("rome");
  await using clusters = await startTwoClusters({ ca });
  const { ctx, cancel } = withCancel(clusters.ctx);
  await using consumer = running(ctx, clusters.consumer, clock, { own: "cluster-a", peer: "cluster-b" });
  await using provider = running(ctx, clusters.provider, clock, { own: "cluster-b", peer: "cluster-a" });
  consumer.run(
    [clusterKeysController, nonceSignerController, identityController, localResourceSliceController],
    replicationControllers({ ...consumer.deps, clusterId: "cluster-a" }),
  );
  provider.run([nonceCreatorController, tenantController, remoteResourceSliceController, renewController]);
  const signing = signAll(ctx, provider.deps.client, ca, clock);

  const printer = createPrinter({ terminal: false, write: () => undefined, print: () => undefined, clock });
  const options = { inBand: false, proxyUrl: undefined, timeoutMs: 20_000 };
  await authenticate(ctx, printer, consumer.side, provider.side, options);
  await consumer.deps.client.create(
    ctx,
    resourceSlices,
    forgeResourceSlice({
      name: "slice",
      namespace: AT_CONSUMER,
      providerId: "cluster-b",
      class: "default",
      resources: { cpu: "1" },
      createVirtualNode: false,
    }),
  );
  let ends = await Promise.all(SECRETS.map((name) => endAfter(consumer.deps.client, name, 0)));
  const traffic = SECRETS.map((name) => useUntilEnd(ctx, consumer.deps.client, name, clock));
  for (let renewal = 1; renewal <= RENEWALS; renewal++) {
    clock.jump(DAY_MS);
    const renewed = await Promise.all(
      SECRETS.map((name, i) => endAfter(consumer.deps.client, name, ends[i] ?? assert.fail())),
    );
    for (const end of ends) assert.ok(end > clock.epochMs(), `renewal ${renewal} came after the end`);
    ends = renewed;
  }
  // Replication has gone on with each of them.
  const { client } = consumer.deps;
  await client.patch(ctx, resourceSlices, { namespace: AT_CONSUMER, name: "slice" }, "merge", {
    spec: { resources: { cpu: "2" } },
  });
  const atProvider = { namespace: TENANT_NAMESPACES.provider, name: "slice" };
  await seen<ResourceSlice>(
    provider.deps.client,
    resourceSlices,
    atProvider,
    ({ spec }) => spec?.resources?.["cpu"] === "2",
  );
  cancel();
  for (const { requests, problems } of await Promise.all(traffic)) {
    assert.deepEqual(problems, []);
    assert.ok(requests > RENEWALS, `${requests} requests`);
  }
  await signing;
});

interface Running extends AsyncDisposable {
  readonly deps: Deps;
  readonly side: Side;
  run(factories: readonly ((deps: Deps) => Controller)[], more?: readonly Controller[]): void;
}

function running(parent: Context, { api, client }: TestCluster, clock: JumpingClock, ids: Ids): Running {
  const { ctx, cancel } = withCancel(parent);
  const informers = new Informers(ctx, client);
  const plain = controllerDeps(client, informers, clock);
  const settings = { ...plain.settings, clusterId: ids.own, ca: api.ca, apiServerAddressOverride: api.url };
  const deps = { ...plain, settings };
  const started: Promise<void>[] = [];
  const cluster = { client, liqoNamespace: "default", server: api.url, [Symbol.dispose]: () => undefined };
  return {
    deps,
    side: { scope: "local", cluster, peerId: ids.peer, namespace: `liqo-tenant-${ids.peer}` },
    run: (factories, more = []) => {
      const controllers = [...factories.map((factory) => factory(deps)), ...more];
      started.push(...controllers.map((controller) => runController(ctx, controller, { clock })));
    },
    [Symbol.asyncDispose]: async () => {
      cancel();
      await Promise.all(started);
      await informers[Symbol.asyncDispose]();
    },
  };
}

interface Ids {
  readonly own: string;
  readonly peer: string;
}

/** The signer of a provider whose certificates are short. */
async function signAll(ctx: Context, client: KubeClient, ca: Identity, clock: JumpingClock): Promise<void> {
  const until = (ms: number): Date => new Date(clock.epochMs() + ms);
  try {
    for await (const event of client.watch(ctx, certificateSigningRequests, { resourceVersion: "0" })) {
      if (event.type === "BOOKMARK" || event.type === "DELETED") continue;
      const { spec, status } = event.object;
      const isApproved = status?.conditions?.some(({ type }) => type === "Approved") === true;
      if (!isApproved || status?.certificate !== undefined) continue;
      const times = { notBefore: until(-BACK_MS), notAfter: until(AHEAD_MS) };
      const certificate = base64(await signCsr(ca, unbase64(spec.request), { usages: ["client"], ...times }));
      await client.updateStatus(ctx, certificateSigningRequests, {
        ...event.object,
        status: { ...status, certificate },
      });
    }
  } catch (error) {
    if (!isAborted(error) && !ctx.signal.aborted) throw error;
  }
}

/** When the certificate in a kubeconfig ends, once that is later than `ms`. */
async function endAfter(client: KubeClient, name: string, ms: number): Promise<number> {
  const key = { namespace: AT_CONSUMER, name };
  const secret = await seen(client, secrets, key, ({ data }) => endOf(data) > ms);
  return endOf(secret.data);
}

function endOf(data: Readonly<Record<string, string>> | undefined): number {
  const { cert } = inlineConfigFromText(unbase64(data?.["kubeconfig"] ?? ""), "Secret");
  return new X509Certificate(cert ?? "").validToDate.getTime();
}

/** Asks the provider again and again, as whoever the Secret says at that time. */
async function useUntilEnd(
  ctx: Context,
  client: KubeClient,
  name: string,
  clock: JumpingClock,
): Promise<{ readonly requests: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  let requests = 0;
  while (!ctx.signal.aborted) {
    try {
      const { data } = await client.get(ctx, secrets, { namespace: AT_CONSUMER, name });
      using used = new KubeClient(inlineConfigFromText(unbase64(data?.["kubeconfig"] ?? ""), "Secret"), "test");
      if (endOf(data) <= clock.epochMs()) problems.push("in use, and past its end");
      await used.raw(ctx, "GET", "/api");
      requests++;
    } catch (error) {
      if (!ctx.signal.aborted) problems.push(String(error));
    }
  }
  return { requests, problems };
}
