import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { configMaps, pods, serviceAccounts } from "#machinery/builtin.ts";
import { StatusWriter } from "../pod/status-writer.ts";
import { ObjectWatch } from "./object-watch.ts";
import { PodVolumes } from "./pod-volumes.ts";
import { TokenCache } from "./token.ts";

const folder = mkdtempSync(join(tmpdir(), "refresh-test-"));
after(() => rmSync(folder, { recursive: true }));

const forged: Pod = { metadata: { name: "web", namespace: "off" }, spec: { containers: [{ name: "c", image: "i" }] } };

test("a token is kept for four fifths of its time", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const clock = steppedClock(Date.now());
  await client.create(ctx, serviceAccounts, { metadata: { name: "default", namespace: "off" } });
  const pod = await client.create(ctx, pods, {
    ...forged,
    spec: { serviceAccountName: "default", containers: [{ name: "c", image: "i" }] },
  });
  const tokens = new TokenCache(client, clock);
  const ensure = async (): Promise<string | undefined> => {
    await tokens.ensure(ctx, pod, "vault", 1_000);
    return tokens.find(pod, "vault", 1_000);
  };
  const first = await ensure();
  assert.ok(first !== undefined);
  clock.step(780_000);
  assert.equal(await ensure(), first);
  clock.step(40_000);
  assert.notEqual(await ensure(), first);
  tokens.forget(pod.metadata?.uid ?? "");
  assert.equal(tokens.find(pod, "vault", 1_000), undefined);
});

test("the files of an object that is deleted stay as they are, and nothing is missing", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const clock = steppedClock();
  await using objects = new ObjectWatch(ctx, client);
  const configMap = { metadata: { name: "conf", namespace: "off" }, data: { k: "1" } };
  await client.create(ctx, configMaps, configMap);
  const run = () => Promise.reject(new Error("nothing is to be run"));
  const deps = { client, clock, run, objects, tokens: new TokenCache(client, clock), nodeResources: {} };
  const pod: Pod = {
    metadata: { ...forged.metadata, uid: "u" },
    spec: { containers: [], volumes: [{ name: "v", configMap: { name: "conf" } }] },
  };
  const volumes = new PodVolumes(deps, join(folder, "volumes"), pod);
  let changes = 0;
  const addresses = Promise.resolve({ podIp: "10.244.1.2", hostIp: "172.20.0.2" });
  const prepare = () => volumes.prepare(ctx, pod, addresses, () => changes++);
  await prepare();
  await client.delete(ctx, configMaps, { namespace: "off", name: "conf" });
  while (objects.findConfigMap("off", "conf") !== undefined) await new Promise(setImmediate);
  assert.ok(changes > 0);
  await prepare();
  assert.equal(readFileSync(join(folder, "volumes", "v", "k"), "utf8"), "1");
});

test("a status that the API server refuses is sent again after a second, by itself", async () => {
  let refused = 0;
  await using parts = await startEngineParts({
    forbids: ({ subresource }) => subresource === "status" && refused++ === 0,
  });
  const { ctx, client } = parts;
  const clock = steppedClock();
  const pod = await client.create(ctx, pods, forged);
  const writer = new StatusWriter(ctx, client, clock);
  writer.set(pod, { phase: "Running" });
  while (clock.nextMs() === undefined) await new Promise(setImmediate);
  assert.equal(clock.nextMs(), 1_000);
  clock.step(1_000);
  await writer.flushed(pod.metadata?.uid ?? "");
  assert.equal((await client.get(ctx, pods, { namespace: "off", name: "web" })).status?.phase, "Running");
  assert.equal(refused, 2);
});
