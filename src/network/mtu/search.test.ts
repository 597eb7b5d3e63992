import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { candidateSizes, narrow, nextIndices, type Range } from "./search.ts";

/** Tries until nothing is left to find out. */
function search(bound: number, pathCarries: number): { found: number; rounds: number } {
  const sizes = candidateSizes(bound);
  let range: Range = { carried: 0, lost: sizes.length };
  for (let rounds = 0; ; rounds++) {
    const tried = nextIndices(range);
    if (tried.length === 0) return { found: sizes[range.carried] ?? 0, rounds };
    range = narrow(range, tried, new Set(tried.filter((index) => (sizes[index] ?? 0) <= pathCarries)));
  }
}

describe("the search for the largest packet", () => {
  for (const [bound, pathCarries, found, mostRounds] of [
    [1340, 1500, 1340, 1],
    [1340, 1340, 1340, 1],
    [1340, 1339, 1328, 3],
    [1340, 1312, 1312, 3],
    [1340, 1280, 1280, 3],
    [1340, 577, 576, 3],
    [1340, 100, 576, 3],
    [8920, 8920, 8920, 1],
    [8920, 1420, 1408, 4],
    [576, 576, 576, 0],
    [500, 500, 500, 0],
    [577, 577, 577, 1],
    [65_455, 1420, 1408, 5],
  ] as const)
    test(`finds ${found} up to ${bound} where ${pathCarries} arrive, in ${mostRounds} rounds at most`, () => {
      const outcome = search(bound, pathCarries);
      assert.equal(outcome.found, found);
      assert.ok(outcome.rounds <= mostRounds, `${outcome.rounds} rounds`);
    });

  test("sizes are spread evenly, and the largest is tried at once", () => {
    assert.deepEqual(nextIndices({ carried: 0, lost: 41 }), [5, 10, 15, 20, 25, 30, 35, 40]);
    assert.deepEqual(nextIndices({ carried: 3, lost: 6 }), [4, 5]);
    assert.deepEqual(nextIndices({ carried: 3, lost: 4 }), []);
  });

  test("a smaller one that is lost while a larger one arrives was lost by chance", () => {
    assert.deepEqual(narrow({ carried: 0, lost: 10 }, [3, 5, 7, 9], new Set([3, 7])), { carried: 7, lost: 9 });
    assert.deepEqual(narrow({ carried: 2, lost: 10 }, [3, 5], new Set()), { carried: 2, lost: 3 });
  });
});
