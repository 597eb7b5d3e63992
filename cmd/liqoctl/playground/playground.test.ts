import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";
import type { ClusterState } from "#playground/supervisor/commands.ts";
import { startTimeOf, writeRecord } from "#playground/supervisor/processes.ts";
import { DEFAULT_CLUSTER, writeSpec } from "#playground/supervisor/spec.ts";
import { formatClusters, formatProcesses, restartOf } from "./states.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };

const state = (name: string, status: ClusterState["status"]): ClusterState => ({
  name,
  status,
  server: status === "Running" ? "https://10.0.0.1:6443" : "",
  readyNodes: 1,
  workers: 2,
  processes: [{ name: "apiserver", running: status === "Running" }],
});

test("clusters and their processes are tables", () => {
  const states = [state("milan", "Running"), state("rome", "Stopped")];
  assert.equal(
    formatClusters(states),
    "NAME    STATUS    NODES   SERVER\nmilan   Running   1/2     https://10.0.0.1:6443\nrome    Stopped   1/2",
  );
  assert.deepEqual(formatProcesses(states, true).split("\n").slice(1), [
    "-         supervisor   yes",
    "milan     apiserver    yes",
    "rome      apiserver    no",
  ]);
});

test("the supervisor is started again by what changes nothing", () => {
  assert.equal(restartOf([state("milan", "Degraded"), state("rome", "Stopped")]), "start milan");
  assert.equal(restartOf([state("milan", "Stopped"), state("rome", "Stopped")]), "stop milan rome");
});

describe("playground without a running cluster", () => {
  let home: string;

  before(() => {
    home = mkdtempSync(join(tmpdir(), "liqoctl-playground-"));
    const stopped = ["milan", "rome"].map((name) => ({ ...DEFAULT_CLUSTER, name, stopped: true }));
    writeSpec(join(home, "playground.json"), { clusters: stopped });
    mkdirSync(join(home, "clusters/milan/logs"), { recursive: true });
    writeFileSync(join(home, "clusters/milan/logs/apiserver.log"), "serving\n");
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  const run = (args: string, playgroundHome = home) => runLiqoctl(ctx, args.split(" "), { playgroundHome });

  for (const [args, stdout] of [
    ["playground list", "NAME    STATUS    NODES   SERVER\nmilan   Stopped   0/2\nrome    Stopped   0/2\n"],
    ["playground logs milan", "==> apiserver <==\nserving\n"],
    ["playground logs milan apiserver", "==> apiserver <==\nserving\n"],
    ["__complete playground stop milan ", "rome\n:4\n"],
    ["__complete playground logs milan ", "apiserver\n:4\n"],
    ["__complete playground load --cluster ", "milan\nrome\n:4\n"],
  ] as const) {
    test(`${args} prints it`, async () => assert.deepEqual(await run(args), { code: 0, stdout, stderr: "" }));
  }

  test("kubeconfig prints one path for all clusters", async () => {
    assert.deepEqual(await run("playground kubeconfig rome"), { code: 0, stdout: `${home}/kubeconfig\n`, stderr: "" });
  });

  test("--output is for programs", async () => {
    const { stdout } = await run("playground list -o json");
    const [first] = JSON.parse(stdout) as ClusterState[];
    assert.deepEqual(first, { name: "milan", workers: 2, processes: [], status: "Stopped", server: "", readyNodes: 0 });
  });

  test("a supervisor that does not run shows in the status and its code", async () => {
    const { code, stdout, stderr } = await run("playground status");
    assert.equal(code, 1);
    assert.match(stdout, /^- +supervisor +no$/m);
    assert.match(stderr, /the supervisor does not run: .*\n {2}start it: liqoctl playground stop milan rome\n$/);
    // This very process stands for one that runs.
    writeRecord(home, "supervisor", { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" });
    assert.equal((await run("playground status")).code, 0);
    rmSync(join(home, "supervisor.pid"));
  });

  for (const [args, says] of [
    ["playground kubeconfig nowhere", "there is no cluster nowhere\n  see `liqoctl playground list`\n"],
    ["playground logs nowhere", "cluster nowhere has no logs in"],
    ["playground logs milan scheduler", "cluster milan has no process scheduler; it has apiserver\n"],
    ["playground stop oslo", "there is no cluster oslo; there are: milan, rome\n"],
    ["playground start oslo", "there is no cluster oslo; there are: milan, rome\n"],
    ["playground delete oslo", "there is no cluster oslo; there are: milan, rome\n"],
    ["playground create", "missing required argument 'names'"],
    ["playground create a --workers 1.5", "must be a whole number"],
    ["playground create a --image-disk much", "must be a quantity such as 32Gi"],
    ["playground create a --image-age 1x", "must be a duration such as 24h"],
    ["playground load web.tar --cluster oslo", "there is no cluster oslo; there are: milan, rome\n"],
    ["playground load web.tar --name Not-a-name", "must be the name of an image such as example.com/web:1"],
    ["playground load", "missing required argument 'images'"],
  ] as const) {
    test(`${args} is refused`, async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.ok(stderr.includes(says), stderr);
    });
  }

  test("an image is loaded where there are clusters", async () => {
    const { code, stderr } = await run("playground load web.tar", join(home, "empty"));
    assert.deepEqual([code, stderr.split("\n")[0]], [1, "error: there are no clusters"]);
  });

  test("where there are no clusters, how to make some", async () => {
    const { code, stdout } = await run("playground list", join(home, "empty"));
    assert.equal(code, 0);
    assert.equal(stdout, "There are no clusters. Create two: liqoctl playground create milan rome\n");
  });
});
