import assert from "node:assert/strict";
import { test } from "node:test";
import { boolean as anyBoolean, array, constantFrom, nat, oneof, string, tuple } from "fast-check";
import { forAll, objects, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { boolean, durationMs, FlagError, integer, list, pairs, parseFlags, text } from "./flags.ts";

const KINDS = {
  name: text(),
  workers: integer(1),
  "enable-x": boolean(false),
  cidr: list(),
  labels: pairs(),
  interval: durationMs("1s"),
};

test("values that are written in either form are read back", () => {
  const values = objects({
    name: string({ minLength: 1 }),
    workers: nat(),
    isOn: anyBoolean(),
    cidr: array(string({ unit: constantFrom(..."0123456789./"), minLength: 1 }), { maxLength: 3 }),
  });
  forAll(tuple(values, anyBoolean()), ([{ name, workers, isOn, cidr }, isInline]) => {
    const write = (flag: string, value: string): string[] => (isInline ? [`${flag}=${value}`] : [flag, value]);
    const flags = parseFlags(
      [
        ...write("--name", name),
        ...write("--workers", String(workers)),
        ...cidr.flatMap((each) => write("--cidr", each)),
        `--enable-x=${isOn}`,
      ],
      KINDS,
    );
    assert.deepEqual([flags.name, flags.workers, flags.cidr, flags["enable-x"]], [name, workers, cidr, isOn]);
  });
});

test("whatever the arguments, they are read or refused by a FlagError, in time", () => {
  const words = oneof(
    string(),
    string({ unit: constantFrom("--", "-", "=", ",", ...Object.keys(KINDS).map((name) => `--${name}`), "1", "s") }),
  );
  forAll(array(words, { maxLength: 6 }), (args) => {
    parseOrRefuse(
      (given) => parseFlags(given, KINDS),
      args,
      (error) => error instanceof FlagError,
    );
  });
  takesAtMost(1_000, () => parseFlags([`--labels=${"a=1,".repeat(50_000)}`, `--cidr=${",".repeat(100_000)}`], KINDS));
});
