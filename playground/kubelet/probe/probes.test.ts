import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Probe } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { PodProbes } from "./probes.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

/** Probes of one container whose answers the test gives, one at a time. */
function probing(probes: Partial<Container>, { startedAgoMs = 0 } = {}) {
  const clock = steppedClock();
  const failures: string[] = [];
  let asked = 0;
  let answer = { code: 0, output: "", timedOut: false };
  const pod = new PodProbes(ctx, clock, {
    onChange: () => undefined,
    onFailure: (_container, kind, why) => failures.push(`${kind}: ${why}`),
  });
  const container: Container = { name: "c", ...probes };
  const exec = async () => {
    asked++;
    return answer;
  };
  pod.start("1", clock.epochMs() - startedAgoMs, { container, podIp: "127.0.0.1", exec });
  return {
    pod,
    clock,
    failures,
    asked: () => asked,
    begin: (id: string) => pod.start(id, clock.epochMs(), { container, podIp: "127.0.0.1", exec }),
    answers: (code: number) => {
      answer = { code, output: code === 0 ? "" : "no", timedOut: false };
    },
    /** Lets that much time pass, and what was due then be done. */
    pass: async (ms: number) => {
      await settled();
      clock.step(ms);
      await settled();
    },
  };
}

/** What a probe does between two waits takes a few turns of promises, and no time. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

const command = (own: Partial<Probe> = {}): Probe => ({ exec: { command: ["true"] }, ...own });

test("without probes a container is started, ready and well from the beginning", () => {
  const { pod } = probing({});
  assert.deepEqual([pod.isStarted("c"), pod.isReady("c"), pod.isUnhealthy("c")], [true, true, false]);
  assert.deepEqual([pod.isStarted("other"), pod.isReady("other"), pod.isUnhealthy("other")], [false, false, false]);
});

test("readiness: ready after the first success, unready after three failures in a row", async () => {
  const c = probing({ readinessProbe: command({ periodSeconds: 5 }) });
  assert.equal(c.pod.isReady("c"), false);
  await c.pass(0);
  assert.equal(c.pod.isReady("c"), true);
  c.answers(1);
  await c.pass(5_000);
  await c.pass(5_000);
  c.answers(0);
  await c.pass(5_000);
  c.answers(1);
  await c.pass(5_000);
  await c.pass(5_000);
  assert.deepEqual([c.pod.isReady("c"), c.failures.length], [true, 4]);
  await c.pass(5_000);
  assert.deepEqual([c.pod.isReady("c"), c.failures.at(-1)], [false, "readiness: no"]);
  assert.equal(c.pod.isUnhealthy("c"), false);
  c.answers(0);
  await c.pass(5_000);
  assert.equal(c.pod.isReady("c"), true);
});

test("until its first success a readiness probe is repeated within its period, and that counts as one failure", async () => {
  const c = probing({ readinessProbe: command({ periodSeconds: 10 }) });
  c.answers(1);
  await c.pass(100);
  await c.pass(150);
  assert.deepEqual([c.asked(), c.failures.length, c.pod.isReady("c")], [3, 0, false]);
  c.answers(0);
  await c.pass(225);
  assert.deepEqual([c.asked(), c.failures.length, c.pod.isReady("c")], [4, 0, true]);
});

test("the thresholds and the delay are those of the probe", async () => {
  const initialDelaySeconds = 20;
  const readinessProbe = command({ initialDelaySeconds, periodSeconds: 1, successThreshold: 2, failureThreshold: 1 });
  const c = probing({ readinessProbe }, { startedAgoMs: 5_000 });
  await c.pass(14_999);
  assert.equal(c.asked(), 0);
  await c.pass(1);
  assert.deepEqual([c.asked(), c.pod.isReady("c")], [1, false]);
  await c.pass(1_000);
  assert.equal(c.pod.isReady("c"), true);
  c.answers(1);
  await c.pass(1_000);
  assert.equal(c.pod.isReady("c"), false);
});

test("liveness: unhealthy after three failures, and asked no more", async () => {
  const c = probing({ livenessProbe: command({ periodSeconds: 5 }) });
  c.answers(1);
  await c.pass(0);
  await c.pass(5_000);
  assert.equal(c.pod.isUnhealthy("c"), false);
  await c.pass(5_000);
  assert.equal(c.pod.isUnhealthy("c"), true);
  await c.pass(60_000);
  assert.equal(c.asked(), 3);
});

test("startup holds the other probes back until it passes", async () => {
  const c = probing({
    startupProbe: command({ periodSeconds: 1, failureThreshold: 30 }),
    livenessProbe: command({ periodSeconds: 1, failureThreshold: 1 }),
    readinessProbe: command({ periodSeconds: 1 }),
  });
  c.answers(1);
  for (let i = 0; i < 10; i++) await c.pass(1_000);
  assert.deepEqual([c.pod.isStarted("c"), c.pod.isReady("c"), c.pod.isUnhealthy("c")], [false, false, false]);
  assert.ok(c.failures.every((failure) => failure.startsWith("startup: ")) && c.failures.length > 3);
  c.answers(0);
  await c.pass(1_000);
  await c.pass(0);
  assert.deepEqual([c.pod.isStarted("c"), c.pod.isReady("c")], [true, true]);
  c.answers(1);
  await c.pass(1_000);
  assert.equal(c.pod.isUnhealthy("c"), true);
});

test("a startup probe that never passes makes the container unhealthy, and nothing else is asked", async () => {
  const c = probing({
    startupProbe: command({ periodSeconds: 1, failureThreshold: 2 }),
    livenessProbe: command({ periodSeconds: 1 }),
  });
  c.answers(1);
  for (let i = 0; i < 40 && !c.pod.isUnhealthy("c"); i++) await c.pass(500);
  assert.equal(c.pod.isUnhealthy("c"), true);
  const asked = c.asked();
  await c.pass(60_000);
  assert.deepEqual([c.asked(), c.pod.isStarted("c")], [asked, false]);
});

test("while paused nothing is asked and the last verdict stands; the next run begins anew", async () => {
  const c = probing({ readinessProbe: command({ periodSeconds: 5 }) });
  await c.pass(0);
  c.begin("1");
  assert.equal(c.pod.isReady("c"), true);
  c.pod.pause("c");
  c.answers(1);
  await c.pass(60_000);
  assert.deepEqual([c.asked(), c.pod.isReady("c")], [1, true]);
  c.begin("2");
  assert.equal(c.pod.isReady("c"), false);
  await c.pass(0);
  assert.ok(c.asked() > 1);
  c.pod[Symbol.dispose]();
  const asked = c.asked();
  await c.pass(60_000);
  assert.deepEqual([c.asked(), c.pod.isStarted("c")], [asked, false]);
});
