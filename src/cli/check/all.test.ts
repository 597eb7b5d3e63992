import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { base64 } from "#forge/authentication.ts";
import { createCa } from "#pki/certificate.ts";
import { judge } from "./all.ts";
import type { Pair } from "./categories/between.ts";
import type { CategoryResult } from "./check.ts";
import { worst } from "./format.ts";
import { BROKEN_CLUSTERS } from "./testing/broken-cluster.ts";
import { BROKEN_PEERINGS } from "./testing/broken-peering.ts";
import { pair } from "./testing/cluster.ts";

const BROKEN = [...BROKEN_CLUSTERS, ...BROKEN_PEERINGS];

/** `milan: controllers: liqo-proxy is ready` of all that is not well. */
function complaints(results: readonly CategoryResult[]): string[] {
  return results.flatMap(({ name, cluster, checks }) =>
    checks
      .filter(({ finding }) => finding.result !== "ok")
      .map(({ says, finding }) => `${cluster === undefined ? "" : `${cluster}: `}${name}: ${says}: ${finding.result}`),
  );
}

describe("checks", () => {
  let whole: Pair;
  before(async () => {
    const ca = await createCa("webhooks");
    whole = pair(base64(ca.certificate));
  });

  test("two clusters where all is well pass all of them", () => {
    const results = judge(whole);
    assert.deepEqual(complaints(results), []);
    assert.equal(worst(results), "ok");
    assert.deepEqual(
      [...new Set(results.map(({ name }) => name))],
      [
        "kubernetes",
        "versions",
        "controllers",
        "kernel",
        "addresses",
        "clocks",
        "peering with rome",
        "peering with milan",
        "both clusters",
      ],
    );
  });

  for (const { name, change, named, found } of BROKEN)
    test(`${name}: ${named.join(", ") || "nothing"}`, () => {
      const results = judge(change(whole));
      assert.deepEqual(complaints(results), named);
      const told = results.flatMap(({ checks }) => checks.map(({ finding }) => finding.found ?? ""));
      assert.ok(
        told.some((text) => found.test(text)),
        `${found} in\n${told.join("\n")}`,
      );
    });

  test("before a peering it is said where CIDRs that overlap will be seen", () => {
    const [home, away] = [whole.home, whole.away].map((each) => ({ ...each, liqo: { ...each.liqo, peerings: [] } }));
    assert.ok(home !== undefined && away !== undefined);
    const results = judge({ home, away });
    assert.deepEqual(complaints(results), []);
    const check = results
      .flatMap(({ checks }) => checks)
      .find(({ says }) => says === "each may have its CIDRs at the other");
    const place = (type: string, cidr: string, seenAs: string) =>
      ["milan", "rome"].map(
        (at) => `${type} CIDR ${cidr} of ${at === "milan" ? "rome" : "milan"} is expected to be ${seenAs} in ${at}`,
      );
    const told = (check?.finding.found ?? "").split(", ").sort();
    assert.deepEqual(told, [
      ...place("external", "10.70.0.0/16", "10.71.0.0/16").sort(),
      ...place("pod", "10.244.0.0/16", "10.245.0.0/16").sort(),
    ]);
  });

  test("every check has been seen to complain", () => {
    const all = judge(whole).flatMap(({ checks }) => checks.map(({ says }) => says));
    const seen = BROKEN.flatMap(({ named }) => named);
    const never = all.filter((says) => !seen.some((line) => line.includes(`: ${says}: `)));
    assert.deepEqual(never, []);
  });

  test("before an installation other things are looked at", () => {
    const { home } = whole;
    const results = judge({ home: { ...home, id: undefined, name: "this cluster", liqo: undefined } });
    assert.deepEqual(
      results.map(({ name }) => name),
      ["kubernetes", "liqo", "addresses", "clocks"],
    );
    assert.deepEqual(complaints(results), []);
  });
});
