import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { createClusters, PlaygroundError, setStopped, waitAtRest } from "./commands.ts";
import { clusterPaths, playgroundPaths } from "./paths.ts";
import { DEFAULT_CLUSTER, readSpec } from "./spec.ts";
import { followStopped } from "./stop-cluster.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const cluster = (name: string, own = {}) => ({ ...DEFAULT_CLUSTER, name, ...own });

test("a cluster is at rest when it has been stopped, until it is started", async () => {
  const paths = playgroundPaths(mkdtempSync(join(tmpdir(), "stop-test-")));
  try {
    const { root } = clusterPaths(paths, "milan");
    mkdirSync(join(root, "nodes", "worker-node-1"), { recursive: true });
    await assert.rejects(
      waitAtRest(ctx, paths, "milan", 1),
      (error) =>
        error instanceof PlaygroundError &&
        error.message === `cluster milan still runs after 0.001 s; see ${paths.supervisorLog}`,
    );
    for (const _ of ["once", "again"]) await followStopped(ctx, paths, cluster("milan", { stopped: true }));
    await waitAtRest(ctx, paths, "milan", 60_000);
    await followStopped(ctx, paths, cluster("milan"));
    await assert.rejects(waitAtRest(ctx, paths, "milan", 1), PlaygroundError);
    await followStopped(ctx, paths, cluster("milan"));
  } finally {
    rmSync(paths.home, { recursive: true });
  }
});

test("clusters are added to those that there are, changed, stopped and started in the specification", async () => {
  const paths = playgroundPaths(join(mkdtempSync(join(tmpdir(), "stop-test-")), "home"));
  const programs = { node: "/bin/true", bundles: paths.home, project: paths.home };
  try {
    await createClusters(paths, programs, [cluster("milan"), cluster("rome")]);
    await createClusters(paths, programs, [cluster("rome", { workers: 3 })]);
    await setStopped(paths, programs, ["milan"], true);
    const shown = () => readSpec(paths.spec).clusters.map(({ name, workers, stopped }) => [name, workers, stopped]);
    const { workers, stopped } = DEFAULT_CLUSTER;
    assert.deepEqual(shown(), [
      ["milan", workers, true],
      ["rome", 3, stopped],
    ]);
    await setStopped(paths, programs, ["milan"], false);
    assert.deepEqual(shown()[0], ["milan", workers, false]);
    assert.equal(existsSync(paths.home), true);
  } finally {
    rmSync(join(paths.home, ".."), { recursive: true });
  }
});
