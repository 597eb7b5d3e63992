import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { leases } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { KubeClient } from "../client/client.ts";
import { runElected } from "./leader.ts";

const LEASE_SECONDS = 1;
const HOUR_MS = 3_600_000;

let api: TestApiServer;
let client: KubeClient;
const outer: Context = { signal: new AbortController().signal, log: silentLogger };
before(async () => {
  api = await startTestApiServer();
  client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
});
after(async () => {
  client[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
});

/** A candidate that writes down when it leads. */
function candidate(name: string, identity: string) {
  const { ctx, cancel } = withCancel(outer);
  const led = Promise.withResolvers<void>();
  const done = runElected(
    ctx,
    client,
    { lease: { namespace: "default", name }, identity, leaseSeconds: LEASE_SECONDS, renewMs: 100, retryMs: 50 },
    async (leading) => {
      led.resolve();
      await new Promise((resolve) => leading.signal.addEventListener("abort", resolve, { once: true }));
    },
  );
  return { led: led.promise, done, cancel };
}

/** A lease of somebody whose clock is off by `offsetMs`. */
async function foreignLease(name: string, offsetMs: number): Promise<void> {
  const renewTime = new Date(Date.now() + offsetMs).toISOString().replace("Z", "000Z");
  const spec = { holderIdentity: "other", leaseDurationSeconds: LEASE_SECONDS, renewTime, leaseTransitions: 3 };
  await client.create(outer, leases, { metadata: { namespace: "default", name }, spec });
}

async function holder(name: string): Promise<string | undefined> {
  return (await client.get(outer, leases, { namespace: "default", name })).spec?.holderIdentity;
}

test("one of two leads; when it ends in good order, the other leads at once", async () => {
  const one = candidate("orderly", "one");
  await one.led;
  const two = candidate("orderly", "two");
  assert.equal(await holder("orderly"), "one");
  const startedMs = performance.now();
  one.cancel();
  await one.done;
  await two.led;
  assert.ok(performance.now() - startedMs < LEASE_SECONDS * 1000, "the lease was given up");
  assert.equal(await holder("orderly"), "two");
  two.cancel();
  await two.done;
});

test("a holder that is gone is followed when the lease has lasted, whatever its clock said", async () => {
  for (const [name, offsetMs] of [
    ["early", -HOUR_MS],
    ["late", HOUR_MS],
  ] as const) {
    await foreignLease(name, offsetMs);
    const startedMs = performance.now();
    const heir = candidate(name, "heir");
    await heir.led;
    const waitedMs = performance.now() - startedMs;
    assert.ok(waitedMs >= LEASE_SECONDS * 1000, `${name}: taken after ${waitedMs} ms from one who may be alive`);
    const { spec } = await client.get(outer, leases, { namespace: "default", name });
    assert.deepEqual([spec?.holderIdentity, spec?.leaseTransitions], ["heir", 4]);
    heir.cancel();
    await heir.done;
  }
});

test("a holder whose clock is an hour behind is left alone as long as it renews", async () => {
  await foreignLease("renewed", -HOUR_MS);
  const rival = candidate("renewed", "rival");
  for (let i = 0; i < 8; i++) {
    const lease = await client.get(outer, leases, { namespace: "default", name: "renewed" });
    await client.update(outer, leases, { ...lease, metadata: { ...lease.metadata, labels: { renewal: String(i) } } });
    await sleep(outer, (LEASE_SECONDS * 1000) / 4);
    assert.equal(await holder("renewed"), "other");
  }
  rival.cancel();
  await rival.done;
});

test("who loses the lease while leading stops and says so", async () => {
  const leader = candidate("stolen", "leader");
  await leader.led;
  const steal = async (): Promise<void> => {
    const lease = await client.get(outer, leases, { namespace: "default", name: "stolen" });
    await client.update(outer, leases, { ...lease, spec: { ...lease.spec, holderIdentity: "thief" } });
  };
  // The leader may renew between reading and writing.
  await steal().catch(steal);
  await assert.rejects(leader.done, /lost the lease stolen/);
});
