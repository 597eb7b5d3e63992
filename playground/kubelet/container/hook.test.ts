import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { LifecycleHandler } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { FakeRuntime } from "../runtime/testing/fake-runtime.ts";
import { runHook } from "./hook.ts";

const folder = mkdtempSync(join(tmpdir(), "hook-test-"));
after(() => rmSync(folder, { recursive: true }));

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

test("a hook over HTTP fails with what the server answers, or with that there is none", async () => {
  const server = createServer((request, response) => response.writeHead(request.url === "/bye" ? 200 : 500).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clock = steppedClock();
  const target = {
    runtime: new FakeRuntime(clock).open(folder, () => undefined),
    ...{ clock, id: "c", container: { name: "c" }, podIp: "127.0.0.1" },
  };
  const run = (hook: LifecycleHandler) => runHook(ctx, target, hook, 5_000);
  assert.equal(await run({ httpGet: { port, path: "/bye" } }), undefined);
  assert.equal(await run({ httpGet: { port, path: "/" } }), "HTTP probe failed with statuscode: 500");
  assert.match((await run({ httpGet: { port: "none" } })) ?? "", /couldn't find port: "none"/);
  await new Promise((resolve) => server.close(resolve));
  assert.match((await run({ httpGet: { port } })) ?? "", /ECONNREFUSED/);
  assert.match((await run({ exec: { command: ["true"] } })) ?? "", /ENOENT/);
});

test("a hook that sleeps does so for its time, and no longer than there is", async () => {
  const clock = steppedClock();
  const target = {
    runtime: new FakeRuntime(clock).open(folder, () => undefined),
    ...{ clock, id: "c", container: { name: "c" }, podIp: "" },
  };
  const sleep = (seconds: number): LifecycleHandler => ({ sleep: { seconds } }) as LifecycleHandler;
  for (const [seconds, timeoutMs, expectedMs] of [
    [3, 5_000, 3_000],
    [9, 5_000, 5_000],
  ] as const) {
    const done = runHook(ctx, target, sleep(seconds), timeoutMs);
    assert.equal(clock.nextMs(), expectedMs);
    clock.step(expectedMs);
    assert.equal(await done, undefined);
  }
});
