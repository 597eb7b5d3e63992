import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { configMaps } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { KubeClient } from "../client/client.ts";
import { Informer } from "../informer/informer.ts";
import {
  type Controller,
  DONE,
  type Result,
  runController,
  TerminalError,
  type Watch,
  watchManual,
  watchMapped,
  watchStart,
} from "./controller.ts";

test("a change tells the keys from before and after it, each once", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  const key = { namespace: "default", name: "map" };
  const targets = (data: string): ConfigMap => ({ metadata: key, data: { targets: data } });
  await client.create(ctx, configMaps, targets("a,b"));
  await using informer = new Informer(ctx, client, configMaps, { namespace: "default" });
  await informer.synced;
  const mapped = ({ data }: ConfigMap): ObjectKey[] =>
    (data?.["targets"] ?? "").split(",").map((name) => ({ namespace: "default", name }));
  const told: string[] = [];
  watchMapped(informer, mapped).start(({ name }) => told.push(name));
  const changed = new Promise<void>((resolve) => {
    informer.addHandler({ updated: () => resolve() });
  });
  told.length = 0;
  await client.update(ctx, configMaps, targets("b,c"));
  await changed;
  assert.deepEqual(told, ["a", "b", "c"]);
});

const KEY = { namespace: "default", name: "map" };

interface Stepped extends AsyncDisposable {
  readonly clock: ReturnType<typeof steppedClock>;
  readonly trigger: (name: string) => void;
  /** The names that were reconciled, in order. */
  readonly runs: readonly string[];
  /** Resolves when the queue has nothing to do but what waits for the clock. */
  readonly settled: () => Promise<void>;
}

/** A controller that does what `reconcile` says, with a clock that the test steps. */
function start(reconcile: (name: string, run: number) => Promise<Result>, workers = 1): Stepped {
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const clock = steppedClock();
  const manual = watchManual();
  const runs: string[] = [];
  const controller: Controller = {
    name: "test",
    workers,
    watches: [manual],
    reconcile: (_ctx, key) => {
      runs.push(key.name);
      return reconcile(key.name, runs.length);
    },
  };
  const running = runController(ctx, controller, { clock });
  return {
    clock,
    runs,
    trigger: (name) => manual.trigger({ name }),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    [Symbol.asyncDispose]: async () => {
      cancel();
      await running;
    },
  };
}

test("a failure is tried again, later each time, until it works", async () => {
  await using controller = start(async (_name, run) => {
    if (run < 4) throw new Error("not yet");
    return DONE;
  });
  controller.trigger("a");
  const delays: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    await controller.settled();
    delays.push(controller.clock.nextMs());
    controller.clock.step(controller.clock.nextMs() ?? 0);
  }
  assert.deepEqual(delays, [5, 10, 20, undefined]);
  assert.equal(controller.runs.length, 4);
});

test("success begins the back-off anew", async () => {
  await using controller = start(async (_name, run) => {
    if (run !== 3) throw new Error("not yet");
    return DONE;
  });
  controller.trigger("a");
  for (let i = 0; i < 3; i++) {
    await controller.settled();
    controller.clock.step(controller.clock.nextMs() ?? 0);
  }
  await controller.settled();
  controller.trigger("a");
  await controller.settled();
  assert.equal(controller.clock.nextMs(), 5);
});

test("a failure that retrying cannot mend is not tried again until the object changes", async () => {
  await using controller = start(async () => {
    throw new TerminalError("never");
  });
  controller.trigger("a");
  await controller.settled();
  assert.equal(controller.clock.nextMs(), undefined);
  controller.trigger("a");
  await controller.settled();
  assert.deepEqual(controller.runs, ["a", "a"]);
});

test("a reconciler that wants to look again does so at its time", async () => {
  await using controller = start(async (_name, run) => (run === 1 ? { requeueAfterMs: 30_000 } : DONE));
  controller.trigger("a");
  await controller.settled();
  assert.equal(controller.clock.nextMs(), 30_000);
  controller.clock.step(30_000);
  await controller.settled();
  assert.deepEqual(controller.runs, ["a", "a"]);
  assert.equal(controller.clock.nextMs(), undefined);
});

test("one key's failure does not hold the others back", async () => {
  await using controller = start(async (name) => {
    if (name === "bad") throw new Error("no");
    return DONE;
  });
  for (const name of ["bad", "good"]) controller.trigger(name);
  await controller.settled();
  assert.deepEqual(controller.runs, ["bad", "good"]);
});

test("as many keys are worked on at once as there are workers, a key never twice", async () => {
  const held = Promise.withResolvers<Result>();
  await using controller = start(() => held.promise, 2);
  for (const name of ["a", "b", "c"]) controller.trigger(name);
  await controller.settled();
  controller.trigger("a");
  await controller.settled();
  assert.deepEqual(controller.runs, ["a", "b"]);
  held.resolve(DONE);
  await controller.settled();
  assert.deepEqual(controller.runs, ["a", "b", "c", "a"]);
});

test("work begins when the watched informers have their first list", async () => {
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const synced = Promise.withResolvers<void>();
  const runs: string[] = [];
  const late: Watch = {
    start(enqueue) {
      enqueue(KEY);
      return { stop: () => undefined, synced: synced.promise };
    },
  };
  const reconcile = async (): Promise<Result> => {
    runs.push("run");
    return DONE;
  };
  const running = runController(ctx, { name: "test", watches: [late, watchStart(KEY)], reconcile });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runs, []);
  synced.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(runs, ["run"]);
  cancel();
  await running;
});
