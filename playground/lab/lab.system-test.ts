import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { createClusterNetwork, deleteClusterNetwork } from "./cluster.ts";
import { createLab, deleteLab } from "./lab.ts";
import { cutLink, healLink } from "./links.ts";
import { netnsPath } from "./netns.ts";
import { createNodeNetwork } from "./node.ts";

const root = process.getuid?.() === 0;
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

test("a lab joins host, control plane and nodes, is made only once, and leaves nothing behind", {
  skip: !root,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "lab-test-"));
  const name = `t${process.pid}${Math.floor(Math.random() * 1000)}`;
  try {
    for (const _round of ["create", "create again"]) {
      const lab = await createLab(ctx, { name, directory });
      const cluster = await createClusterNetwork(ctx, lab, { name: "rome", podCidr: "10.244.0.0/16" });
      const one = await createNodeNetwork(ctx, cluster, "worker-node-1");
      const two = await createNodeNetwork(ctx, cluster, "worker-node-2");
      const ping = ["ping", "-c1", "-W2"];
      execFileSync("ping", ["-c1", "-W2", two.address]);
      execFileSync("nsenter", [`--net=${netnsPath(cluster.netns)}`, ...ping, one.bridgeAddress]);
      execFileSync("nsenter", [`--net=${one.netnsPath}`, ...ping, "-I", one.bridgeAddress, two.bridgeAddress]);
      execFileSync("nsenter", [`--net=${one.netnsPath}`, ...ping, lab.hostAddress]);
    }
  } finally {
    await deleteLab(ctx, directory);
  }
  assert.equal(existsSync(netnsPath(`${name}-net`)), false);
  assert.equal(existsSync(netnsPath(`${name}-rome-worker-node-1`)), false);
  await deleteLab(ctx, directory);
  rmSync(directory, { recursive: true });
});

test("a link that is cut carries nothing, either way, until it is healed or its cluster goes", {
  skip: !root,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "lab-test-"));
  const name = `t${process.pid}${Math.floor(Math.random() * 1000)}`;
  try {
    const lab = await createLab(ctx, { name, directory });
    const make = (cluster: string) => createClusterNetwork(ctx, lab, { name: cluster, podCidr: "10.244.0.0/16" });
    const [milan, rome] = [await make("milan"), await make("rome")];
    const reaches = (from: string, address: string): boolean =>
      spawnSync("nsenter", [`--net=${netnsPath(from)}`, "ping", "-c1", "-W1", address]).status === 0;
    const both = (): boolean[] => [reaches(milan.netns, rome.gateway), reaches(rome.netns, milan.gateway)];
    assert.deepEqual(both(), [true, true]);
    await cutLink(ctx, directory, "milan", "rome");
    await cutLink(ctx, directory, "rome", "milan");
    assert.deepEqual(both(), [false, false]);
    await healLink(ctx, directory, "rome", "milan");
    await healLink(ctx, directory, "rome", "milan");
    assert.deepEqual(both(), [true, true]);
    await cutLink(ctx, directory, "milan", "rome");
    await deleteClusterNetwork(ctx, lab, "rome");
    await make("rome");
    assert.deepEqual(both(), [true, true]);
    await assert.rejects(cutLink(ctx, directory, "milan", "nowhere"), /no cluster nowhere/);
  } finally {
    await deleteLab(ctx, directory);
    rmSync(directory, { recursive: true });
  }
});
