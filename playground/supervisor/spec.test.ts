import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ClusterSpec, DEFAULT_CLUSTER, problemsOf, readSpec, writeAtomically, writeSpec } from "./spec.ts";

const cluster = (own: Partial<ClusterSpec> = {}): ClusterSpec => ({ ...DEFAULT_CLUSTER, name: "milan", ...own });

for (const [own, problem] of [
  [{ name: "m".repeat(16) }, `cluster name "${"m".repeat(16)}": must be no more than 15 characters`],
  [{ workers: 0 }, "--workers 0: must be a whole number from 1 to 20"],
  [{ workers: 21 }, "--workers 21: must be a whole number from 1 to 20"],
  [{ workers: 1.5 }, "--workers 1.5: must be a whole number from 1 to 20"],
  [{ cpu: "0" }, "--cpu 0: must be a quantity such as 4"],
  [{ memory: "much" }, "--memory much: must be a quantity such as 8Gi"],
  [
    { podCidr: "10.244.0.0/21" },
    "--pod-cidr 10.244.0.0/21: must be an IPv4 CIDR of /20 or larger such as 10.244.0.0/16",
  ],
  [{ podCidr: "fd00::/16" }, "--pod-cidr fd00::/16: must be an IPv4 CIDR of /20 or larger such as 10.244.0.0/16"],
  [
    { serviceCidr: "10.96.0.0/25" },
    "--service-cidr 10.96.0.0/25: must be an IPv4 CIDR of /24 or larger such as 10.96.0.0/16",
  ],
] as [Partial<ClusterSpec>, string][]) {
  test(`a cluster is refused: ${problem}`, () => assert.deepEqual(problemsOf(cluster(own)), [problem]));
}

test("all that is wrong with a cluster is told at once, and nothing of one that is right", () => {
  assert.deepEqual(problemsOf(cluster()), []);
  assert.deepEqual(problemsOf(cluster({ workers: 20, podCidr: "10.0.0.0/20", serviceCidr: "10.1.0.0/24" })), []);
  const problems = problemsOf(cluster({ name: "Milan", workers: 0, cpu: "-1" }));
  assert.equal(problems.length, 3);
  assert.match(problems[0] ?? "", /^cluster name "Milan": /);
});

test("a specification is read as it was written; without one there are no clusters, and a broken one is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-test-"));
  const path = join(folder, "home", "playground.json");
  assert.deepEqual(readSpec(path), { clusters: [] });
  writeSpec(path, { clusters: [cluster()] });
  assert.deepEqual(readSpec(path), { clusters: [cluster()] });
  writeFileSync(path, '{"clusters":');
  assert.throws(() => readSpec(path), { message: `read ${path}: not a playground specification` });
  rmSync(folder, { recursive: true });
});

test("a file is replaced as a whole, with its mode, and nothing is left beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-test-"));
  const path = join(folder, "key");
  for (const text of ["old", "new"]) writeAtomically(path, text, 0o600);
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["key"]);
  rmSync(folder, { recursive: true });
});
