import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";
import { planOf } from "../plan/model.ts";
import { argument } from "./argument.ts";
import { command } from "./command.ts";
import { flag } from "./flag.ts";
import { realCommand } from "./plan-flag.ts";

for (const [words, planOnly, expected] of [
  ["unpeer --plan --context milan", [], "liqoctl unpeer --context milan"],
  ["unpeer --plan=true -o json", [], "liqoctl unpeer"],
  ["unpeer --output=yaml --plan", [], "liqoctl unpeer"],
  ["unpeer -ojson --plan", [], "liqoctl unpeer"],
  ["offload namespace a --remote-context rome --plan", ["remoteContext"], "liqoctl offload namespace a"],
  ["offload namespace a --remote-context=rome", ["remoteContext"], "liqoctl offload namespace a"],
  ["unpeer --remote-context rome", [], "liqoctl unpeer --remote-context rome"],
  ["offload namespace a -l k in (b)|it's", [], "liqoctl offload namespace a -l k in '(b)|it'\\''s'"],
] as const)
  test(`${words} is done by ${expected}`, () =>
    assert.equal(realCommand("liqoctl", words.split(" "), planOnly), expected));

describe("--plan", () => {
  const ctx = { signal: new AbortController().signal, log: silentLogger };
  let ran = 0;
  const commands = {
    name: "liqoctl",
    summary: "",
    groups: [],
    commands: [
      command({
        path: ["break"],
        summary: "Break it.",
        args: { what: argument.one("what") },
        flags: { hard: flag.boolean("hard") },
        planFlags: { seenBy: flag.string("who looks", "name") },
        plan: async (_, env, { args, flags }) =>
          planOf(env.commandLine, [
            {
              breaks: flags.hard ? [`${args.what} breaks`] : [],
              remarks: flags.seenBy === undefined ? [] : [`seen by ${flags.seenBy}`],
            },
          ]),
        run: async () => {
          ran += 1;
        },
      }),
    ],
  };
  const run = (line: string) => runLiqoctl(ctx, line.split(" "), { commands });

  for (const [line, code, runs, says] of [
    [
      "break it --plan",
      0,
      0,
      /Nothing is written\. It would be: 0 created, 0 changed, 0 deleted; nothing destructive\n/,
    ],
    ["break it --hard --plan", 2, 0, /; destructive: it breaks\n/],
    ["break it --hard --plan --seen-by me -o json", 2, 0, /"command": "liqoctl break it --hard",[\s\S]*"seen by me"/],
    ["break it --hard", 0, 1, /^$/],
    ["break it --hard --plan=false", 0, 1, /^$/],
    ["break it -o json", 1, 0, /error: --output is for --plan\n/],
    ["break it --seen-by me", 1, 0, /error: --seen-by is for --plan\n {2}add --plan, or leave --seen-by out/],
  ] as const)
    test(`${line}: status ${code}, done ${runs} times`, async () => {
      ran = 0;
      const outcome = await run(line);
      assert.deepEqual({ code: outcome.code, ran }, { code, ran: runs });
      assert.match(outcome.stdout + outcome.stderr, says);
    });
});
