import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { eventually } from "#kit/eventually.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informers } from "#kube/informer/informers.ts";
import { daemonSets, pods } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { followDaemonSet, isPodLive, isUninstalling } from "./peers.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const SPEC = { containers: [{ name: "fabric", image: "liqo" }] };
const SET = { namespace: "default", name: "liqo-fabric" };

let api: TestApiServer;
let client: KubeClient;
before(async () => {
  api = await startTestApiServer();
  client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
});
after(async () => {
  client[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
});
describe("the peers of a node", () => {
  beforeEach(async () => {
    for (const name of ["fabric-1"]) await client.deleteIfPresent(ctx, pods, { namespace: "default", name });
    await client.deleteIfPresent(ctx, daemonSets, SET);
  });

  /** The pod of a controller, or of nobody. */
  async function podOf(owner?: { kind: string; uid: string }): Promise<void> {
    const ownerReferences =
      owner === undefined ? [] : [{ ...owner, apiVersion: "apps/v1", name: SET.name, controller: true }];
    await client.create(ctx, pods, {
      metadata: { namespace: "default", name: "fabric-1", ownerReferences },
      spec: SPEC,
    });
  }

  async function createSet(): Promise<string> {
    const labels = { app: "fabric" };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: SPEC } };
    const { metadata } = await client.create(ctx, daemonSets, {
      metadata: { ...SET, finalizers: ["example.org/wait"] },
      spec,
    });
    return metadata?.uid ?? "";
  }

  async function removeSet(): Promise<void> {
    await client.patch(ctx, daemonSets, SET, "merge", { metadata: { finalizers: null } });
    await client.deleteIfPresent(ctx, daemonSets, SET);
  }

  /** As far as whoever shares the informer has. */
  async function heard(informers: Informers, uid: string): Promise<void> {
    const scope = { namespace: "default", fieldSelector: `metadata.name=${SET.name}` };
    await eventually("the DaemonSet is known", async () => {
      assert.equal(informers.for(daemonSets, scope).store.get(SET)?.metadata?.uid, uid);
    });
  }

  test("a pod lives by what the API server says of it now", async () => {
    const clock = steppedClock();
    const key = { namespace: "default", name: "fabric-1" };
    const isThere = () => isPodLive(ctx, client, key, clock);
    assert.equal(await isThere(), false);
    await podOf();
    assert.equal(await isThere(), true);
    const pod = await client.get(ctx, pods, key);
    const lastTransitionTime = new Date(clock.epochMs()).toISOString();
    await client.updateStatus(ctx, pods, {
      ...pod,
      status: { conditions: [{ type: "Ready", status: "False", lastTransitionTime }] },
    } as typeof pod);
    assert.equal(await isThere(), true);
    clock.step(59_999);
    assert.equal(await isThere(), true);
    clock.step(1);
    assert.equal(await isThere(), false);
  });

  test("Liqo is there as long as the DaemonSet of this pod is", async () => {
    const uid = await createSet();
    await podOf({ kind: "DaemonSet", uid });
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), false);
    await client.delete(ctx, daemonSets, SET);
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), true, "it is being deleted");
    await removeSet();
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), true, "it is gone");
  });

  test("the end of the DaemonSet is seen without asking, from its beginning", async () => {
    await using informers = new Informers(ctx, client);
    const uid = await createSet();
    await podOf({ kind: "DaemonSet", uid });
    const isRemoved = followDaemonSet(informers, { namespace: "default", name: "fabric-1" });
    await heard(informers, uid);
    assert.equal(isRemoved(), false);
    await client.delete(ctx, daemonSets, SET);
    await eventually("it was seen", async () => assert.equal(isRemoved(), true));
    await removeSet();
  });

  test("the end of another controller than this pod's says nothing", async () => {
    await using informers = new Informers(ctx, client);
    const uid = await createSet();
    await podOf({ kind: "DaemonSet", uid: "of-former-days" });
    const isRemoved = followDaemonSet(informers, { namespace: "default", name: "fabric-1" });
    await heard(informers, uid);
    await removeSet();
    await heard(informers, await createSet());
    assert.equal(isRemoved(), false);
    await removeSet();
  });

  test("another DaemonSet of that name is not this pod's", async () => {
    await createSet();
    await podOf({ kind: "DaemonSet", uid: "of-former-days" });
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), true);
    await removeSet();
  });

  test("without a DaemonSet to ask about, Liqo is there", async () => {
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), false, "the pod is gone already");
    await podOf();
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), false, "nobody's pod");
    await client.delete(ctx, pods, { namespace: "default", name: "fabric-1" });
    await podOf({ kind: "ReplicaSet", uid: "u" });
    assert.equal(await isUninstalling(ctx, client, "default", "fabric-1"), false, "another controller's");
  });
});
