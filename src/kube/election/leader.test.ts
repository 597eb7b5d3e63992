import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Lease } from "kubernetes-types/coordination/v1";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { leases } from "#machinery/builtin.ts";
import { microTimestamp } from "#machinery/conditions.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { KubeClient } from "../client/client.ts";
import { type ElectionOptions, LeaseLostError, Nudge, runElected } from "./leader.ts";

const LEASE_MS = 15_000;
const RETRY_MS = 1_000;
const RENEW_MS = 2_000;
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

/** A candidate with a clock of its own: what it does between two waits is done when it waits again. */
function candidate(
  name: string,
  identity: string,
  more: Partial<ElectionOptions> = {},
  choose: () => KubeClient = () => client,
  finished: Promise<void> = Promise.resolve(),
) {
  const { ctx, cancel } = withCancel(outer);
  const clock = steppedClock();
  const led = Promise.withResolvers<void>();
  const chosen = new Proxy(client, {
    get: (_, name: keyof KubeClient) => {
      const from = choose();
      const found = from[name];
      return typeof found === "function" ? found.bind(from) : found;
    },
  });
  const done = runElected(
    ctx,
    chosen,
    { lease: { namespace: "default", name }, identity, renewMs: RENEW_MS, retryMs: RETRY_MS, clock, ...more },
    async (leading) => {
      led.resolve();
      await new Promise((resolve) => leading.signal.addEventListener("abort", resolve, { once: true }));
      await finished;
    },
  );
  return { led: led.promise, done, cancel, clock };
}

/** A lease of somebody whose clock is off by `offsetMs`. */
async function foreignLease(name: string, offsetMs: number): Promise<void> {
  const renewTime = microTimestamp(steppedClock().epochMs() + offsetMs);
  const spec = { holderIdentity: "other", leaseDurationSeconds: LEASE_MS / 1_000, renewTime, leaseTransitions: 3 };
  await client.create(outer, leases, { metadata: { namespace: "default", name }, spec });
}

async function specOf(name: string): Promise<NonNullable<Lease["spec"]>> {
  return (await client.get(outer, leases, { namespace: "default", name })).spec ?? {};
}

test("one of two leads; when it ends in good order, the other leads when it asks next", async () => {
  const one = candidate("orderly", "one");
  await one.led;
  const two = candidate("orderly", "two");
  assert.equal(await two.clock.waiting(), RETRY_MS);
  assert.equal((await specOf("orderly")).holderIdentity, "one");
  one.cancel();
  await one.done;
  two.clock.step(RETRY_MS);
  await two.led;
  assert.equal((await specOf("orderly")).holderIdentity, "two");
  two.cancel();
  await two.done;
  assert.equal((await specOf("orderly")).holderIdentity, "");
});

for (const [name, offsetMs] of [
  ["early", -HOUR_MS],
  ["late", HOUR_MS],
] as const) {
  test(`a holder that is gone, whose clock was an hour ${name}, is followed when the lease has lasted`, async () => {
    await foreignLease(name, offsetMs);
    const heir = candidate(name, "heir");
    for (let ms = 0; ms <= LEASE_MS; ms += RETRY_MS) {
      await heir.clock.waiting();
      assert.equal((await specOf(name)).holderIdentity, "other", `after ${ms} ms it may be alive`);
      heir.clock.step(RETRY_MS);
    }
    await heir.led;
    const { holderIdentity, leaseTransitions } = await specOf(name);
    assert.deepEqual([holderIdentity, leaseTransitions], ["heir", 4]);
    heir.cancel();
    await heir.done;
  });
}

test("a holder whose clock is an hour behind is left alone as long as it renews", async () => {
  await foreignLease("renewed", -HOUR_MS);
  const rival = candidate("renewed", "rival");
  for (let i = 0; i < 8; i++) {
    await rival.clock.waiting();
    assert.equal((await specOf("renewed")).holderIdentity, "other");
    const lease = await client.get(outer, leases, { namespace: "default", name: "renewed" });
    await client.update(outer, leases, { ...lease, metadata: { ...lease.metadata, labels: { renewal: String(i) } } });
    rival.clock.step(LEASE_MS - RETRY_MS);
  }
  await rival.clock.waiting();
  rival.cancel();
  await rival.done;
});

test("who leads renews, which is no new term", async () => {
  const leader = candidate("kept", "leader");
  await leader.led;
  const { acquireTime, renewTime } = await specOf("kept");
  assert.equal(renewTime, microTimestamp(leader.clock.epochMs()));
  for (let ms = 0; ms < 2 * LEASE_MS; ms += RENEW_MS) {
    assert.equal(await leader.clock.waiting(), RENEW_MS);
    leader.clock.step(RENEW_MS);
  }
  await leader.clock.waiting();
  assert.deepEqual(await specOf("kept"), {
    holderIdentity: "leader",
    leaseDurationSeconds: LEASE_MS / 1_000,
    acquireTime,
    renewTime: microTimestamp(leader.clock.epochMs()),
    leaseTransitions: 0,
  });
  leader.cancel();
  await leader.done;
});

test("who loses the lease while leading stops at the next renewal, and says so", async () => {
  const leader = candidate("stolen", "leader");
  await leader.led;
  // It sleeps, so that it does not write between reading and writing.
  await leader.clock.waiting();
  const lease = await client.get(outer, leases, { namespace: "default", name: "stolen" });
  await client.update(outer, leases, { ...lease, spec: { ...lease.spec, holderIdentity: "thief" } });
  leader.clock.step(RENEW_MS);
  await assert.rejects(leader.done, /lost the lease stolen/);
  assert.equal((await specOf("stolen")).holderIdentity, "thief");
});

for (const { name, renewDeadlineMs, afterMs } of [
  { name: "unheard", renewDeadlineMs: undefined, afterMs: (LEASE_MS * 2) / 3 },
  { name: "unheard-short", renewDeadlineMs: 4_000, afterMs: 4_000 },
])
  test(`who can ask nobody whether the lease is its own stops after ${afterMs} ms, and says so`, async () => {
    using away = new KubeClient({ server: "https://127.0.0.1:1", ca: api.ca, token: "t" }, "test");
    let isAway = false;
    const deadline = renewDeadlineMs === undefined ? {} : { renewDeadlineMs };
    const leader = candidate(name, "leader", deadline, () => (isAway ? away : client));
    await leader.led;
    await leader.clock.waiting();
    isAway = true;
    for (let ms = RENEW_MS; ms <= afterMs; ms += RENEW_MS) {
      await leader.clock.waiting();
      leader.clock.step(RENEW_MS);
    }
    await assert.rejects(leader.done, new RegExp(`lost the lease ${name}`));
    assert.equal((await specOf(name)).holderIdentity, "leader");
  });

describe("work that a silent API server must not stop", () => {
  const keeping = { keepsUntilReplaced: true } as const;

  test("who sees another holder stops at once", async () => {
    const nudge = new Nudge();
    const leader = candidate("replaced", "leader", { ...keeping, nudge });
    await leader.led;
    await leader.clock.waiting();
    const lease = await client.get(outer, leases, { namespace: "default", name: "replaced" });
    await client.update(outer, leases, { ...lease, spec: { ...lease.spec, holderIdentity: "thief" } });
    nudge.give();
    await assert.rejects(leader.done, LeaseLostError);
    assert.equal((await specOf("replaced")).holderIdentity, "thief");
  });

  test("while nobody can be asked it goes on, however long", async () => {
    using away = new KubeClient({ server: "https://127.0.0.1:1", ca: api.ca, token: "t" }, "test");
    let isAway = false;
    const leader = candidate("away", "leader", keeping, () => (isAway ? away : client));
    await leader.led;
    await leader.clock.waiting();
    isAway = true;
    for (let ms = 0; ms < 3 * LEASE_MS; ms += RENEW_MS) {
      leader.clock.step(RENEW_MS);
      assert.equal(await leader.clock.waiting(), RENEW_MS);
    }
    isAway = false;
    leader.cancel();
    await leader.done;
    assert.equal((await specOf("away")).holderIdentity, "");
  });

  test("when the lease may have ended, who is known to be replaced stops", async () => {
    using away = new KubeClient({ server: "https://127.0.0.1:1", ca: api.ca, token: "t" }, "test");
    let isAway = false;
    const leader = candidate("known", "leader", { ...keeping, isReplaced: () => isAway }, () =>
      isAway ? away : client,
    );
    await leader.led;
    await leader.clock.waiting();
    isAway = true;
    for (let ms = RENEW_MS; ms <= LEASE_MS; ms += RENEW_MS) {
      leader.clock.step(RENEW_MS);
      assert.equal(await leader.clock.waiting(), RENEW_MS, `after ${ms} ms the lease lasts`);
    }
    leader.clock.step(RENEW_MS);
    await assert.rejects(leader.done, LeaseLostError);
  });

  test("the lease is given up before the work has ended", async () => {
    const finish = Promise.withResolvers<void>();
    const one = candidate("overlapping", "one", keeping, undefined, finish.promise);
    await one.led;
    const nudge = new Nudge();
    const two = candidate("overlapping", "two", { ...keeping, nudge });
    await two.clock.waiting();
    one.cancel();
    await eventuallyFree("overlapping");
    nudge.give();
    await two.led;
    finish.resolve();
    await one.done;
    assert.equal((await specOf("overlapping")).holderIdentity, "two");
    two.cancel();
    await two.done;
  });
});

test("a holder that is known to be gone is followed at once", async () => {
  await foreignLease("gone", 0);
  const heir = candidate("gone", "heir", { isGone: ({ spec }) => spec?.holderIdentity === "other" });
  await heir.led;
  assert.equal((await specOf("gone")).leaseTransitions, 4);
  heir.cancel();
  await heir.done;
});

async function eventuallyFree(name: string): Promise<void> {
  while ((await specOf(name)).holderIdentity !== "") await new Promise((resolve) => setImmediate(resolve));
}
