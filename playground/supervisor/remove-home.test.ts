import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { deleteClusters } from "./commands.ts";
import { playgroundPaths } from "./paths.ts";
import { clustersOnDisk } from "./remove-cluster.ts";
import { removeHome } from "./remove-home.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const OWN = [
  "playground.json",
  "playground.json.12.new",
  "kubeconfig",
  "supervisor.log",
  "supervisor.pid",
  "demo.pid",
  "demo-dashboard.pid",
  "demo-dashboard.log",
  "dashboard-0123456789ab.sqlite",
  "dashboard-0123456789ab.sqlite-wal",
  "lab-network.json",
  "run/milan.apiserver.pid",
];

test("all that the playground made goes, and the folder with it", () => {
  const home = homeWith(OWN);
  mkdirSync(join(home, "clusters"));
  removeHome(playgroundPaths(home));
  assert.equal(existsSync(home), false);
  removeHome(playgroundPaths(home));
});

test("what somebody else keeps in the home folder stays", () => {
  const foreign = [
    "images.yaml",
    "notes/todo.txt",
    "run/my.sock",
    "clusters/list.txt",
    "kubeconfig.mine",
    "dashboard-of-mine.sqlite",
  ];
  const home = homeWith([...OWN, ...foreign]);
  removeHome(playgroundPaths(home));
  assert.deepEqual(filesIn(home), [...foreign].sort());
  rmSync(home, { recursive: true });
});

test("deleting a playground that has no clusters keeps foreign files, too", async () => {
  const home = homeWith(["images.yaml", "playground.json"]);
  writeFileSync(join(home, "playground.json"), '{"clusters":[]}');
  const none = { node: "/bin/true", bundles: home, project: home };
  await deleteClusters(ctx, playgroundPaths(home), none, [], 5_000);
  assert.deepEqual(filesIn(home), ["images.yaml"]);
  rmSync(home, { recursive: true });
});

test("a folder among the clusters that is not one is not removed as one", () => {
  const home = homeWith(["clusters/milan/pki/ca.json", "clusters/backup/store.db"]);
  assert.deepEqual(clustersOnDisk(playgroundPaths(home)), ["milan"]);
  rmSync(home, { recursive: true });
});

function homeWith(files: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), "home-test-"));
  for (const file of files) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), "");
  }
  return home;
}

function filesIn(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
    .sort();
}
