import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { eventually } from "#kit/eventually.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { coreEvents } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { EventRecorder } from "./recorder.ts";

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name, uid: name } });

/** The event about the pod once it has that count. */
async function counted(client: KubeClient, name: string, count: number): Promise<Event> {
  await using informer = new Informer({ signal: AbortSignal.timeout(5_000), log: silentLogger }, client, coreEvents);
  return await new Promise((resolve) => {
    const tell = (event: Event): void => {
      if (event.involvedObject.name === name && event.count === count) resolve(event);
    };
    informer.addHandler({ added: tell, updated: tell });
  });
}

test("what repeats is one event with a count, before it is written and after it was removed, too", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  const recorder = new EventRecorder(client, { component: "first" });
  recorder.normal(ctx, pod("other"), "Pulled", "pulled");
  for (let i = 0; i < 3; i++) recorder.normal(ctx, pod("web"), "Started", "started");
  const started = await counted(client, "web", 3);
  assert.equal(started.source?.component, "first");
  recorder.normal(ctx, pod("web"), "Started", "started");
  assert.equal((await counted(client, "web", 4)).metadata.name, started.metadata.name);
  await client.delete(ctx, coreEvents, keyOf(started));
  recorder.normal(ctx, pod("web"), "Started", "started");
  await counted(client, "web", 5);
});

test("an event whose name another process has chosen gets another", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  // Of one moment, and so of one name.
  const clock = steppedClock();
  for (const reason of ["Pulled", "Started"])
    new EventRecorder(client, { component: "kubelet" }, clock).normal(ctx, pod("web"), reason, reason);
  const reasons = async (): Promise<(string | undefined)[]> =>
    (await client.list(ctx, coreEvents)).items.map(({ reason }) => reason).sort();
  await eventually("both are there", async () => assert.deepEqual(await reasons(), ["Pulled", "Started"]), 5_000);
});
