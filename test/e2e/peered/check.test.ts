/** `liqoctl check` passes two clusters that are well, names whatever is broken, and waits until it is mended. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { BREAKAGES } from "./check-breakages.ts";

const BOTH = ["--context", "milan", "--remote-context", "rome"];
const WELL_MS = 120_000;

interface Answer {
  readonly success: boolean;
  readonly categories: readonly {
    readonly categoryName: string;
    readonly cluster?: string;
    readonly checks: readonly { readonly description: string; readonly result: string; readonly found?: string }[];
  }[];
}

describe("liqoctl check", { concurrency: 1 }, () => {
  let clusters: Clusters;
  const mends: (() => Promise<unknown>)[] = [];
  before(async () => {
    clusters = await takePeered();
  });
  after(async () => {
    // What is left of a test that failed half-way.
    for (const mend of mends.splice(0).reverse()) await mend();
    await clusters?.[Symbol.asyncDispose]();
  });

  async function check(...args: readonly string[]) {
    const { code, stdout, stderr } = await clusters.tryLiqoctl(["check", ...args, "-o", "json"]);
    const { success, categories } = JSON.parse(stdout) as Answer;
    const all = categories.flatMap(({ cluster, categoryName, checks }) =>
      checks.map((each) => ({
        ...each,
        name: `${cluster === undefined ? "" : `${cluster}: `}${categoryName}: ${each.description}`,
      })),
    );
    return { code, stderr, success, all, bad: all.filter(({ result }) => result !== "success") };
  }

  test("two clusters that are well pass, from either and from both sides", async () => {
    const names = await Promise.all(
      [BOTH, ["--context", "milan"], ["--context", "rome"]].map((args) =>
        eventually(
          `${args.join(" ")} passes`,
          async () => {
            const { code, success, all, bad } = await check(...args);
            assert.deepEqual(bad, []);
            assert.deepEqual([code, success], [0, true]);
            return all.map(({ name }) => name);
          },
          WELL_MS,
        ),
      ),
    );
    for (const name of [
      "both clusters: each knows the other's CIDRs",
      "rome: peering with milan: the tunnel is connected",
    ])
      assert.ok(names[0]?.includes(name), name);
    assert.ok(names[1]?.includes("milan: peering with rome: virtual nodes and their kubelets are ready"));
  });

  test("each of what is broken is named, and the exit status says so", async () => {
    for (const { begin } of BREAKAGES) mends.push(await begin(clusters));
    await eventually("all are named", async () => {
      const { code, stderr, success, bad } = await check(...BOTH);
      for (const [name, found] of BREAKAGES.flatMap(({ named }) => named)) {
        const complaint = bad.find((each) => each.name === name);
        assert.ok(complaint !== undefined, `${name} in ${JSON.stringify(bad)}`);
        assert.match(complaint.found ?? "", found);
      }
      assert.deepEqual([code, success], [1, false]);
      assert.match(stderr, /^error: \d+ checks fail$/m);
    });
  });

  test("--wait ends when all is mended", async () => {
    const { code, stdout } = await clusters.tryLiqoctl(["check", "--context", "milan", "-o", "short"]);
    assert.equal(code, 1);
    assert.match(stdout, /^× liqo-controller-manager is ready\n {4}it is scaled to 0 replicas\n {4}→ kubectl scale/m);
    for (const mend of mends.splice(0).reverse()) await mend();
    const waited = await check(...BOTH, "--wait");
    assert.deepEqual([waited.code, waited.bad.filter(({ result }) => result === "error")], [0, []]);
  });
});
