import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "./asking.ts";
import { chooseGroups } from "./checks.ts";
import { addTallies } from "./tally.ts";

const PLAIN = {
  basic: false,
  npExt: false,
  npNodes: "all",
  podNp: false,
  lb: false,
  ip: false,
  external: { address: "1.1.1.1", port: undefined },
  failFast: false,
  verbose: false,
  timeoutMs: 1,
} as const;
const ALL = { ...PLAIN, npExt: true, podNp: true, lb: true, ip: true };

for (const [name, options, titles] of [
  ["nothing more", PLAIN, ["pod to pod", "pod to service", "node to pod", "pod to external"]],
  ["--basic, whatever else is given", { ...ALL, basic: true }, ["pod to pod"]],
  [
    "everything",
    ALL,
    [
      "pod to pod",
      "pod to service",
      "node to pod",
      "pod to nodeport",
      "external to nodeport service",
      "external to loadbalancer service",
      "pod to external",
      "pod to external remapped IP",
    ],
  ],
] as const)
  test(`groups of ${name}`, () => {
    assert.deepEqual(
      chooseGroups(options).map(([title]) => title),
      titles,
    );
  });

for (const [failFast, asked] of [
  [false, [1, 2, 3]],
  [true, [1, 2]],
] as const)
  test(`with failFast ${failFast} ${asked.length} of three are asked, of which the second fails`, async () => {
    const seen: number[] = [];
    const tallies = await inTurns([1, 2, 3], failFast, async (item) => {
      seen.push(item);
      return { succeeded: item === 2 ? 0 : 1, failed: item === 2 ? 1 : 0 };
    });
    assert.deepEqual(seen, asked);
    assert.deepEqual(addTallies(tallies), { succeeded: asked.length - 1, failed: 1 });
  });
