import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { runLiqoctl } from "#kit/liqoctl.ts";
import { CliError } from "../errors.ts";
import { argument } from "./argument.ts";
import { type Commands, command } from "./command.ts";
import { flag, pairs } from "./flag.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };

const common = {
  output: flag.choice("format", "format", ["json", "yaml"], { short: "o" }),
  quiet: flag.boolean("quiet"),
};

const fleet: Commands = {
  name: "fleet",
  summary: "Ships.",
  groups: [{ path: ["sink"], summary: "Sink things." }],
  commands: [
    command({
      path: ["sail"],
      aliases: ["go"],
      summary: "Sail ships.",
      description: "With the wind.",
      examples: ["fleet sail maria"],
      args: { captain: argument.one("who commands"), ships: argument.any("which") },
      flags: {
        port: flag.required("where to", "port"),
        wait: flag.switchedOn("wait for the wind"),
        noFlags: flag.boolean("fly none"),
        timeout: flag.duration("how long", "2m"),
        cargo: flag.of("what", "k=v,…", pairs, {}),
        stop: flag.repeated("on the way", "port", { short: "s" }),
        speed: flag.of<number | undefined>("knots", "n", Number, undefined),
        mate: flag.string("who else", "name"),
      },
      async run(_ctx, env, given) {
        // @ts-expect-error: it is called port
        assert.equal(given.flags.prot, undefined);
        // @ts-expect-error: it is called captain
        assert.equal(given.args.capitan, undefined);
        env.printer.print(JSON.stringify(given));
      },
    }),
    command({
      path: ["sink", "ship"],
      summary: "Sink a ship.",
      args: { name: argument.optional("which") },
      async run(_ctx, env, { args }) {
        await env.confirm("sink ship");
        if (args.name === undefined) throw new CliError("there is none", { hint: "build one" });
        env.printer.success("local", `${args.name} is gone`);
      },
    }),
    command({
      path: ["log"],
      summary: "Show the log.",
      flags: common,
      run: async (_ctx, env, { flags }) => env.printer.print(`log ${JSON.stringify(flags)}`),
    }),
    command({
      path: ["log", "ship"],
      summary: "Show the log of a ship.",
      flags: common,
      run: async (_ctx, env, { flags }) => env.printer.print(`ship ${JSON.stringify(flags)}`),
    }),
  ],
};

const run = (args: string, answer?: string) =>
  runLiqoctl(ctx, args.split(" "), { commands: fleet, ...(answer !== undefined && { answer }) });

const DEFAULTS = { port: "cadiz", wait: true, noFlags: false, timeout: 120_000, cargo: {}, stop: [] };

for (const [args, flags, ships] of [
  ["sail ann --port cadiz", {}, []],
  ["go ann --port=cadiz maria nina", {}, ["maria", "nina"]],
  ["sail --port cadiz --wait=false ann", { wait: false }, []],
  ["sail --port cadiz ann --wait", {}, []],
  ["sail --port cadiz --no-flags ann", { noFlags: true }, []],
  ["sail --port cadiz --no-flags=true ann", { noFlags: true }, []],
  ["sail --port cadiz --no-flags=false ann", {}, []],
  ["sail --port cadiz --timeout 1m30s ann", { timeout: 90_000 }, []],
  ["sail --port cadiz --cargo a=1,b=2 ann", { cargo: { a: "1", b: "2" } }, []],
  ["sail --port cadiz -s rome --stop=oslo ann", { stop: ["rome", "oslo"] }, []],
  ["sail --port cadiz --speed 5 --mate bob ann", { speed: 5, mate: "bob" }, []],
  ["sail --port cadiz --mate bob --mate= ann", {}, []],
] as const) {
  test(`${args} is read`, async () => {
    const { code, stdout } = await run(args);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { args: { captain: "ann", ships }, flags: { ...DEFAULTS, ...flags } });
  });
}

for (const [args, message] of [
  ["sail ann", "error: required option '--port <port>' not specified\n"],
  ["sail --port x", "error: missing required argument 'captain'\n"],
  ["sail --tiller ann --port x", "error: unknown option '--tiller'\n"],
  ["sail ann --port x --timeout soon", "option '--timeout <duration>' argument 'soon' is invalid. must be a duration"],
  ["sail ann --port x --cargo a", `option '--cargo <k=v,…>' argument 'a' is invalid. "a" is not key=value`],
  ["log -o xml", "option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are json, yaml."],
  ["sink ship a b", "error: too many arguments for 'ship'. Expected 1 argument but got 2: a, b.\n"],
  ["sial", "error: unknown command 'sial'\n(Did you mean sail?)\n"],
] as const) {
  test(`${args} is refused with status 1 and a pointer to --help`, async () => {
    const { code, stderr } = await run(args);
    assert.equal(code, 1);
    assert.ok(stderr.includes(message), stderr);
    assert.match(stderr, /\(add --help for the usage\)\n$/);
  });
}

test("flags before the name of a command below are its own", async () => {
  assert.equal((await run("log -o json ship --quiet")).stdout, 'ship {"output":"json","quiet":true}\n');
  assert.equal((await run("log ship")).stdout, 'ship {"quiet":false}\n');
  assert.equal((await run("log -o yaml")).stdout, 'log {"output":"yaml","quiet":false}\n');
});

for (const args of [
  "--skip-confirm sink ship maria",
  "sink ship maria --skip-confirm",
  "sink ship --skip-confirm=true maria",
]) {
  test(`${args} asks nothing`, async () =>
    assert.deepEqual(await run(args), { code: 0, stdout: "", stderr: "✓ (local) maria is gone\n" }));
}

test("a command that asks goes on when the answer is yes, and only then", async () => {
  const question = '"sink ship" is a potentially destructive command. Are you sure you want to continue? [y/N] ';
  assert.equal((await run("sink ship maria", "Y")).stderr, `${question}✓ (local) maria is gone\n`);
  assert.equal((await run("sink ship maria", "")).stderr, `${question}error: operation canceled by the user\n`);
  assert.deepEqual(await run("sink ship maria --skip-confirm=false"), {
    code: 1,
    stdout: "",
    stderr: `${question}error: "sink ship" is potentially destructive and nobody is there to confirm it\n  add --skip-confirm\n`,
  });
});

test("what is wrong comes with what to do", async () => {
  assert.deepEqual(await run("sink ship --skip-confirm"), {
    code: 1,
    stdout: "",
    stderr: "error: there is none\n  build one\n",
  });
});

test("--help tells all of a command", async () => {
  const { code, stdout } = await run("sail --help");
  assert.equal(code, 0);
  for (const part of [
    "Usage: fleet sail|go [options] <captain> [ships...]\n\nSail ships.\n\nWith the wind.\n",
    /Arguments:\n {2}captain +who commands\n {2}ships +which\n/,
    /--port <port> +where to\n/,
    /--wait \[bool\] +wait for the wind \(default: true, preset:\s+"true"\)/,
    /--timeout <duration> +how long \(default: 2m\)/,
    /Global Options:\n {2}--skip-confirm +do not ask before what cannot be undone/,
    /\nExamples:\n {2}\$ fleet sail maria\n/,
  ])
    assert.ok(typeof part === "string" ? stdout.includes(part) : part.test(stdout), `${part}\nin\n${stdout}`);
});

test("a group alone shows what is below it, with status 1", async () => {
  const { code, stderr } = await run("sink");
  assert.equal(code, 1);
  assert.match(stderr, /^Usage: fleet sink [^\n]+\n\nSink things\.\n/);
  assert.match(stderr, /^ {2}ship \[name\] +Sink a ship\.$/m);
});

test("under another name usage and examples are of that name", async () => {
  const row = command({ path: ["row"], summary: "Row.", examples: ["liqoctl row"], run: async () => undefined });
  const commands = { ...fleet, name: "kubectl fleet", commands: [row] };
  const { stdout } = await runLiqoctl(ctx, ["row", "--help"], { commands });
  assert.match(stdout, /^Usage: kubectl fleet row \[options\]/);
  assert.match(stdout, /\$ kubectl fleet row\n/);
});
