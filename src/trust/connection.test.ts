import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Connection } from "#api/networking/connection.ts";
import { timestamp } from "#machinery/conditions.ts";
import { agesInMs, connectionProblems, connectionState } from "./connection.ts";

type Status = NonNullable<Connection["status"]>;
type Path = NonNullable<Status["paths"]>[number];

const NOW = Date.parse("2030-01-01T00:10:00Z");
const ago = (seconds: number): string => timestamp(NOW - seconds * 1_000);

function connection(seconds: number, changes: Partial<Status> = {}): Status {
  return { value: "Connected", interval: "10s", latency: { value: "1ms", timestamp: ago(seconds) }, ...changes };
}

function path(node: string, small: Path["small"], full: Path["full"], seconds = 0): Path {
  return { node, small, full, bytes: 1_380, interval: "10s", lastProbe: ago(seconds) };
}

describe("what may be believed of a Connection", () => {
  const { interval: _interval, ...upstreams } = connection(3_600);
  for (const [what, status, expected] of [
    ["there is none", undefined, undefined],
    ["just told", connection(0), "Connected"],
    ["three intervals old", connection(30), "Connected"],
    ["older than three intervals", connection(31), "Unknown"],
    ["a clock is ahead", connection(-60), "Connected"],
    ["an hour old, of a gateway that does not say how often it tells", upstreams, "Connected"],
    ["an hour old bad news", connection(3_600, { value: "Error" }), "Error"],
  ] as const)
    test(`${what}: ${expected}`, () => assert.equal(connectionState(status, NOW), expected));

  for (const [what, status, expected] of [
    ["all is well", connection(0, { paths: [path("a", "Passed", "Passed")] }), []],
    ["a peer that answers no nodes", connection(0), []],
    [
      "long packets are lost",
      connection(0, { paths: [path("worker-2", "Passed", "Lost"), path("worker-1", "Passed", "Passed")] }),
      ["of node worker-2: full-size packets are lost (1380 bytes); small ones arrive"],
    ],
    [
      "small ones are lost",
      connection(0, { paths: [path("worker-2", "Lost", "Passed")] }),
      ["of node worker-2: small packets are lost; full-size ones (1380 bytes) arrive"],
    ],
    [
      "several nodes, by their names",
      connection(0, { paths: [path("b", "Lost", "Lost"), path("a", "Passed", "Passed", 31)] }),
      ["? node a has told nothing for more than 30s", "of node b: packets of pods are lost"],
    ],
    [
      "the gateway is silent, and a node's last word was bad",
      connection(31, { paths: [path("a", "Lost", "Lost")] }),
      ["? the gateway has told nothing for more than 30s", "of node a: packets of pods are lost"],
    ],
    ["the tunnel is lost, so all is", connection(31, { value: "Error", paths: [path("a", "Lost", "Lost")] }), []],
  ] as const)
    test(what, () => {
      const found = connectionProblems(status, NOW).map(({ isUnknown, says }) => `${isUnknown ? "? " : ""}${says}`);
      assert.deepEqual(found, expected);
    });

  for (const [what, status, expected] of [
    ["nothing ages", { value: "Connected" }, undefined],
    ["the gateway's word", connection(10), 20_000],
    ["a node's word, before", connection(10, { paths: [path("a", "Passed", "Passed", 25)] }), 5_000],
    ["what is old already ages no more", connection(31, { paths: [path("a", "Passed", "Passed", 29)] }), 1_000],
  ] as const)
    test(`when it ages: ${what}`, () => assert.equal(agesInMs(status, NOW), expected));
});
