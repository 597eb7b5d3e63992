/** One object each, and where its chain ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chain, formatLinks, type LinkState, walk } from "../link.ts";
import { type PodFacts, podChain } from "../pod.ts";

/** The last link says it; a hint is asked for where there is something to do. */
export type Case<F> = readonly [title: string, facts: F, mark: LinkState, link: string, says: RegExp, hint?: RegExp];

export function testCases(cases: readonly Case<PodFacts>[]): void {
  testChain(podChain, cases);
}

export function testChain<F>(chain: (facts: F) => Chain, cases: readonly Case<F>[]): void {
  for (const [title, given, state, link, says, hint] of cases) {
    test(`${title}: ${state} at ${link}`, () => {
      const links = walk(chain(given));
      const end = links.at(-1);
      assert.deepEqual([end?.link, end?.state], [link, state], formatLinks(links));
      assert.match(end?.says ?? "", says);
      if (hint !== undefined) assert.match(end?.hint ?? "", hint);
      assert.ok(links.slice(0, -1).every((each) => each.state !== "broken"));
    });
  }
}
