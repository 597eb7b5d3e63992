import assert from "node:assert/strict";
import { test } from "node:test";
import { type Command, KEYS, keyPressed, NO_KEYS } from "./keys.ts";

const CASES: readonly { readonly keys: string; readonly apartMs?: number; readonly command: Command | undefined }[] = [
  { keys: "/", command: "search" },
  { keys: "?", command: "help" },
  { keys: "gh", command: "go history" },
  { keys: "gf", command: "go federation" },
  { keys: "gx", command: undefined },
  { keys: "h", command: undefined },
  { keys: "gn", command: "go namespaces" },
  { keys: "gn", apartMs: 5_000, command: "now" },
  { keys: "ggp", command: "go pods" },
];

for (const { keys, apartMs = 100, command } of CASES)
  test(`${[...keys].join(" ")}, ${apartMs} ms apart: ${command ?? "nothing"}`, () => {
    let state = NO_KEYS;
    let last: Command | undefined;
    for (const [index, key] of [...keys].entries()) {
      const pressed = keyPressed(state, key, 1_000 + index * apartMs);
      state = pressed.state;
      last = pressed.command;
    }
    assert.equal(last, command);
  });

test("every sequence of the help does something", () => {
  for (const [keys] of KEYS.filter(([each]) => /^(g )?[a-z/?]$/.test(each))) {
    let pressed = keyPressed(NO_KEYS, "x", 0);
    for (const key of keys.split(" ")) pressed = keyPressed(pressed.state, key, 0);
    assert.notEqual(pressed.command, undefined, keys);
  }
});
