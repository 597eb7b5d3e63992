import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { confirm } from "./confirm.ts";
import { formatObject, formatObjects } from "./object.ts";
import { createPrinter, type Printer } from "./printer.ts";
import { box, table } from "./table.ts";

function recorded(options: { terminal?: boolean; local?: string } = {}): {
  printer: Printer;
  clock: SteppedClock;
  text: () => string;
} {
  let text = "";
  const clock = steppedClock();
  const write = (part: string): void => {
    text += part;
  };
  const printer = createPrinter({
    terminal: options.terminal === true,
    write,
    print: (part) => write(`[${part}]`),
    clock,
    ...(options.local !== undefined && { names: { local: options.local } }),
  });
  return { printer, clock, text: () => text };
}

test("each step is a line with its scope, its end and its time", async () => {
  const { printer, clock, text } = recorded();
  const work = async (): Promise<number> => {
    clock.step(1_500);
    return 5;
  };
  assert.equal(await printer.step("remote", "Done", work), 5);
  await assert.rejects(
    printer.step("global", "Failed", () => Promise.reject(new Error("no"))),
    /no/,
  );
  printer.success("local", "good");
  printer.info("global", "so");
  printer.warning("local", "look");
  printer.print("result");
  const lines = ["✓ (remote) Done (1.5s)", "✗ Failed", "✓ (local) good", "• so", "! (local) look", "[result\n]"];
  assert.equal(text(), lines.join("\n"));
});

test("on a terminal the line of a step is shown at once, and written over when it is done", async () => {
  const { printer, clock, text } = recorded({ terminal: true, local: "milan" });
  await printer.step("local", "Waiting", async (note) => {
    clock.step(80);
    note("1 of 2");
    clock.step(80);
  });
  const frames = ["⠋ (milan) Waiting", "⠙ (milan) Waiting", "⠹ (milan) Waiting: 1 of 2", "✓ (milan) Waiting (0.2s)\n"];
  assert.equal(stripVTControlCharacters(text()), frames.map((frame) => `\r${frame}`).join(""));
  assert.equal(clock.nextMs(), undefined, "nothing goes on moving");
});

test("tables are as wide as their cells", () => {
  assert.equal(table(["NAME", "N"], [["milan", "1"], ["a"]]), "NAME    N\nmilan   1\na");
  assert.equal(
    box("Title", [
      ["Key", "value"],
      ["", "alone"],
    ]),
    ["┌─ Title ────┐", "│ Key: value │", "│ alone      │", "└────────────┘"].join("\n"),
  );
});

test("objects are JSON or YAML", () => {
  assert.equal(formatObject({ a: [1] }, "json"), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(formatObject({ a: [1] }, "yaml"), "a:\n  - 1");
  assert.equal(formatObjects([{ a: 1 }, { b: 2 }], "yaml"), "a: 1\n---\nb: 2");
  assert.deepEqual(JSON.parse(formatObjects([{ a: 1 }], "json")), { a: 1 });
  const list = { apiVersion: "v1", kind: "List", items: [{ a: 1 }, { b: 2 }] };
  assert.deepEqual(JSON.parse(formatObjects([{ a: 1 }, { b: 2 }], "json")), list);
});

for (const answer of ["y", "Y", "yes", " YES "])
  test(`"${answer}" is a yes`, () => confirm(async () => answer, "unpeer", false));

for (const answer of ["", "n", "yep", "y y"])
  test(`"${answer}" is none`, () =>
    assert.rejects(
      confirm(async () => answer, "unpeer", false),
      { name: "CliError", message: "operation canceled by the user" },
    ));

test("nobody is asked when it is confirmed already, and a silence is no yes", async () => {
  await confirm(() => assert.fail("asked"), "unpeer", true);
  await assert.rejects(
    confirm(async () => undefined, "unpeer", false),
    { message: '"unpeer" is potentially destructive and nobody is there to confirm it', hint: "add --skip-confirm" },
  );
});
