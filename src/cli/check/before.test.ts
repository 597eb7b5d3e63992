import assert from "node:assert/strict";
import { test } from "node:test";
import { HIDDEN } from "../why/testing/peer.ts";
import { judge } from "./all.ts";
import type { ClusterFacts } from "./facts.ts";
import { cluster, nodeWith } from "./testing/cluster.ts";

const NAPLES: ClusterFacts = { ...cluster("naples", "rome", ""), id: undefined, liqo: undefined };

for (const [name, change, named, found] of [
  [
    "upstream's Liqo",
    { upstream: "namespace liqo holds upstream's Liqo v1.0.1" },
    "liqo: no other Liqo is in the way: warning",
    /holds upstream's/,
  ],
  [
    "Deployments that nobody may read",
    { upstream: HIDDEN },
    "liqo: no other Liqo is in the way: warning",
    /could not be asked/,
  ],
  [
    "a node among the pods",
    { nodes: [nodeWith("worker", "10.244.0.9")] },
    "addresses: no node is inside of the pods' CIDRs: failed",
    /worker has 10\.244\.0\.9, in the pod CIDR 10\.244\.0\.0\/24/,
  ],
] as const)
  test(`before an installation: ${name}`, () => {
    const bad = judge({ home: { ...NAPLES, ...change } }).flatMap(({ name: category, checks }) =>
      checks.flatMap(({ says, finding }) => (finding.result === "ok" ? [] : [{ category, says, finding }])),
    );
    assert.deepEqual(
      bad.map(({ category, says, finding }) => `${category}: ${says}: ${finding.result}`),
      [named],
    );
    assert.match(bad[0]?.finding.found ?? "", found);
  });

test("of two clusters without Liqo nothing is compared", () => {
  const results = judge({ home: NAPLES, away: { ...NAPLES, name: "oslo" } });
  assert.deepEqual([...new Set(results.map((each) => each.cluster))], ["naples", "oslo"]);
});

test("probes are told one by one, and what could not be sent fails", () => {
  const [whole, hidden] = [
    [
      { title: "pod to pod", succeeded: 3, failures: [] },
      { title: "pod to service", succeeded: 1, failures: ["timed out"] },
    ],
    { hidden: "milan is no consumer of rome" },
  ].map((probes) =>
    judge({ home: NAPLES, probed: { probes } })
      .find(({ name }) => name === "path")
      ?.checks.map(({ says, finding }) => [says, finding.result, finding.found]),
  );
  assert.deepEqual(whole, [
    ["probes could be sent", "ok", undefined],
    ["pod to pod gets through", "ok", "3 of 3"],
    ["pod to service gets through", "failed", "1 of 2 do not: timed out"],
  ]);
  assert.deepEqual(hidden, [["probes could be sent", "failed", "milan is no consumer of rome"]]);
});
