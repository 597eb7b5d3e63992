import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ROUTE_CONFIGURATION } from "#api/finalizers.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { forgeCrd } from "#api/schema/crd.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { releaseHost, reportApplied } from "./host-status.ts";

const clock = steppedClock();
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

describe("one configuration on several nodes", () => {
  let server: TestApiServer;
  let client: KubeClient;
  before(async () => {
    server = await startTestApiServer();
    client = new KubeClient(configFromFile(server.kubeconfig), "test");
    await client.create(ctx, customResourceDefinitions, forgeCrd(routeConfigurations, {}) as never);
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const create = (name: string): Promise<RouteConfiguration> =>
    client.create(ctx, routeConfigurations, {
      metadata: { namespace: "default", name, finalizers: [ROUTE_CONFIGURATION] },
      spec: { table: { name, rules: [{ routes: [] }] } },
    });
  const find = (name: string): Promise<RouteConfiguration | undefined> =>
    client.find(ctx, routeConfigurations, { namespace: "default", name });
  const hosts = async (name: string): Promise<string[]> =>
    ((await find(name))?.status?.conditions ?? []).map(({ host }) => host).sort();

  it("keeps the condition of every host when all write at the same time", async () => {
    const stale = await create("together");
    const names = ["n1", "n2", "n3", "n4"];
    await Promise.all(
      names.map((host) => reportApplied(ctx, client, routeConfigurations, stale, { host, isApplied: true, clock })),
    );
    assert.deepEqual(await hosts("together"), names);
  });

  it("stays until the last live host has let go, and does not wait for dead ones", async () => {
    const made = await create("leaving");
    for (const host of ["n1", "n2", "dead"]) {
      await reportApplied(ctx, client, routeConfigurations, made, { host, isApplied: true, clock });
    }
    await client.delete(ctx, routeConfigurations, { namespace: "default", name: "leaving" });
    const isLive = async (host: string): Promise<boolean> => host !== "dead";
    const release = async (host: string): Promise<boolean> => {
      const object = await find("leaving");
      assert.ok(object !== undefined, "the object is still there");
      return releaseHost(ctx, client, routeConfigurations, object, { host, finalizer: ROUTE_CONFIGURATION, isLive });
    };
    assert.equal(await release("n1"), false);
    assert.deepEqual(await hosts("leaving"), ["n2"]);
    assert.equal(await release("n1"), false);
    assert.equal(await release("n2"), true);
    assert.equal(await find("leaving"), undefined);
  });
});
