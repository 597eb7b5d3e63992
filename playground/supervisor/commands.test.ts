import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { KubeClient } from "#kube/client/client.ts";
import { nodes } from "#machinery/builtin.ts";
import { startTestApiServer } from "#playground/testing.ts";
import {
  clusterStates,
  createClusters,
  deleteClusters,
  logFiles,
  PlaygroundError,
  setStopped,
  waitReady,
} from "./commands.ts";
import { clusterPaths, type Paths, playgroundPaths } from "./paths.ts";
import { startTimeOf, writeRecord } from "./processes.ts";
import { DEFAULT_CLUSTER, readSpec, writeSpec } from "./spec.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

async function inHome(use: (paths: Paths) => Promise<void>): Promise<void> {
  const paths = playgroundPaths(mkdtempSync(join(tmpdir(), "commands-test-")));
  await use(paths);
  rmSync(paths.home, { recursive: true });
}
const programs = (paths: Paths) => ({ node: "/bin/true", bundles: paths.home, project: paths.home });
const cluster = (name: string, own = {}) => ({ ...DEFAULT_CLUSTER, name, ...own });
const isPlaygroundError = (message: string) => (error: unknown) =>
  error instanceof PlaygroundError && error.message === message;

test("clusters that cannot be are refused, all at once, and nothing is written", async () => {
  await inHome(async (paths) => {
    const wanted = [cluster("milan", { workers: 0 }), cluster("rome", { cpu: "much" })];
    await assert.rejects(
      createClusters(paths, programs(paths), wanted),
      isPlaygroundError("--workers 0: must be a whole number from 1 to 20\n--cpu much: must be a quantity such as 4"),
    );
    assert.equal(existsSync(paths.spec), false);
  });
});

test("a cluster that is not there is neither stopped nor deleted, and those that are, are named", async () => {
  await inHome(async (paths) => {
    writeSpec(paths.spec, { clusters: [cluster("milan"), cluster("rome")] });
    const refusal = isPlaygroundError("there is no cluster paris, oslo; there are: milan, rome");
    await assert.rejects(setStopped(paths, programs(paths), ["paris", "milan", "oslo"], true), refusal);
    await assert.rejects(deleteClusters(ctx, paths, programs(paths), ["paris", "oslo"], 1_000), refusal);
    assert.equal(
      readSpec(paths.spec).clusters.some(({ stopped }) => stopped),
      false,
    );
  });
});

test("the state of a cluster is that of its API server, its nodes and its processes", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  await inHome(async (paths) => {
    // The test server's context is called so.
    const spec = cluster("test", { workers: 1 });
    const state = async () => (await clusterStates(ctx, paths))[0];
    writeSpec(paths.spec, { clusters: [spec] });
    assert.equal((await state())?.status, "Degraded");
    writeRecord(paths.run, "test.apiserver", { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" });
    writeRecord(paths.run, "test.worker-node-1", { pid: process.pid, startTime: "1" });
    writeRecord(paths.run, "other.apiserver", { pid: process.pid, startTime: "1" });
    const starting = await state();
    assert.equal(starting?.status, "Starting");
    assert.deepEqual(
      [...(starting?.processes ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
      [
        { name: "apiserver", running: true },
        { name: "worker-node-1", running: false },
      ],
    );
    copyFileSync(api.kubeconfig, paths.kubeconfig);
    const ready = { conditions: [{ type: "Ready", status: "True" }] };
    await client.create(ctx, nodes, nodeNamed("worker-node-1"));
    const virtual = { labels: { "liqo.io/type": "virtual-node" } };
    await client.create(ctx, nodes, nodeNamed("liqo-rome", { metadata: virtual, status: ready }));
    assert.deepEqual([(await state())?.status, (await state())?.readyNodes], ["Starting", 0]);
    await client.patch(ctx, nodes, { name: "worker-node-1" }, "merge", { status: ready }, { subresource: "status" });
    const running = await waitReady(ctx, paths, "test", 60_000);
    assert.deepEqual([running.status, running.server, running.readyNodes, running.workers], ["Running", api.url, 1, 1]);
    writeSpec(paths.spec, { clusters: [{ ...spec, stopped: true }] });
    assert.equal((await state())?.status, "Stopped");
  });
});

test("a cluster that does not become ready is told of with what there is to look at", async () => {
  await inHome(async (paths) => {
    writeSpec(paths.spec, { clusters: [cluster("milan")] });
    const { logs } = clusterPaths(paths, "milan");
    await assert.rejects(
      waitReady(ctx, paths, "milan", 1),
      isPlaygroundError(
        `cluster milan is not ready after 0.001 s (0 of 2 nodes); see ${logs} and ${paths.supervisorLog}`,
      ),
    );
  });
});

test("the logs of a cluster are found by the names of its processes", async () => {
  await inHome(async (paths) => {
    const { logs } = clusterPaths(paths, "milan");
    assert.throws(() => logFiles(paths, "milan"), { message: `cluster milan has no logs in ${logs}` });
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, "apiserver.log"), "line\n");
    assert.deepEqual([...logFiles(paths, "milan")], [["apiserver", "line\n"]]);
  });
});
