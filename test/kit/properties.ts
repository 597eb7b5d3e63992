/**
 * Property tests of parsers by fast-check: what holds for every value, and what adversarial input may cost.
 * Run it often enough to find what a table forgets, seldom enough that all parsers together take seconds.
 */
import assert from "node:assert/strict";
import { type Arbitrary, assert as assertProperty, property, record } from "fast-check";

// How many times as often as in a usual run: `make properties`.
const FACTOR = Number(process.env["LIQO_PROPERTY_FACTOR"] ?? "1");

/** Fails with the smallest value for which `check` throws. */
export function forAll<T>(values: Arbitrary<T>, check: (value: T) => unknown, numRuns = 150): void {
  // A property that gives anything but true is taken for a failure.
  void assertProperty(
    property(values, (value) => void check(value)),
    { numRuns: numRuns * FACTOR },
  );
}

/** Objects as object literals and JSON.parse make them. */
export function objects<T>(fields: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T> {
  return record(fields, { noNullPrototype: true }) as Arbitrary<T>;
}

/** What a parser makes of the value; undefined when it refuses it as it should. Any other error is passed on. */
export function parseOrRefuse<T, R>(
  parse: (value: T) => R,
  value: T,
  isRefusal: (error: unknown) => boolean,
): R | undefined {
  try {
    return parse(value);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** Of the processor by this thread, whatever else the machine and the process do. Generous: what is superlinear takes minutes, not twice as long. */
export function takesAtMost<T>(milliseconds: number, run: () => T): T {
  const start = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(start);
  const tookMs = (user + system) / 1_000;
  assert.ok(tookMs <= milliseconds, `took ${Math.round(tookMs)} ms, at most ${milliseconds} are allowed`);
  return result;
}
