import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boolean,
  durationMs,
  integer,
  integers,
  list,
  listenPort,
  oneOf,
  pairs,
  parseFlags,
  required,
  text,
} from "./flags.ts";

const KINDS = {
  name: text("liqo"),
  host: text(),
  "enable-x": boolean(false),
  "enable-y": boolean(true),
  workers: integer(10),
  ports: integers(),
  interval: durationMs("1m30s"),
  cidr: list(),
  labels: pairs("a=1"),
  mode: oneOf(["server", "client"], "server"),
  address: listenPort(":8081"),
};
const parse = (...args: string[]) => parseFlags(args, KINDS);

test("without flags everything is as declared", () => {
  assert.deepEqual(parse(), {
    name: "liqo",
    host: undefined,
    "enable-x": false,
    "enable-y": true,
    workers: 10,
    ports: [],
    interval: 90_000,
    cidr: [],
    labels: { a: "1" },
    mode: "server",
    address: 8081,
  });
});

for (const [args, expected] of [
  [["--name=x"], { name: "x" }],
  [["--name", "x"], { name: "x" }],
  [["--name", "--host"], { name: "--host" }],
  [["--name=a=b"], { name: "a=b" }],
  [["--name="], { name: "liqo" }],
  [["--name=a", "--name=b"], { name: "b" }],
  [["--host="], { host: undefined }],
  [["--enable-x"], { "enable-x": true }],
  [["--enable-x", "--name=x"], { "enable-x": true, name: "x" }],
  ...["1", "t", "T", "true", "TRUE", "True"].map((yes) => [[`--enable-x=${yes}`], { "enable-x": true }] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((no) => [[`--enable-y=${no}`], { "enable-y": false }] as const),
  [["--workers", "0"], { workers: 0 }],
  [["--ports=1,2", "--ports=3"], { ports: [1, 2, 3] }],
  [["--interval=1.5s"], { interval: 1_500 }],
  [["--interval=0"], { interval: 0 }],
  [["--cidr=a,b", "--cidr", "c"], { cidr: ["a", "b", "c"] }],
  [["--labels=b=2,c=x=y"], { labels: { b: "2", c: "x=y" } }],
  [["--labels=b=2", "--labels=c="], { labels: { b: "2", c: "" } }],
  [["--labels="], { labels: {} }],
  [["--mode=client"], { mode: "client" }],
  [["--address=0"], { address: undefined }],
  [["--address=0.0.0.0:9"], { address: 9 }],
  [["--name=x", "--"], { name: "x" }],
] as [string[], object][]) {
  test(`${args.join(" ")} is read`, () => assert.deepEqual(parse(...args), { ...parse(), ...expected }));
}

for (const [args, message] of [
  [["--bogus"], "unknown flag: --bogus"],
  [["--toString=x"], "unknown flag: --toString"],
  [["--bogus=x"], "unknown flag: --bogus"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["--=x"], "bad flag syntax: --=x"],
  [["---name"], "bad flag syntax: ---name"],
  [["--name"], "flag needs an argument: --name"],
  [["x"], 'unexpected argument "x": only flags are allowed'],
  [["--enable-x", "false"], 'unexpected argument "false": only flags are allowed'],
  [["--", "--name=x"], 'unexpected argument "--name=x": only flags are allowed'],
  [["--enable-x=maybe"], 'invalid argument "maybe" for "--enable-x" flag: use true or false'],
  [["--enable-x=tRUE"], 'invalid argument "tRUE" for "--enable-x" flag: use true or false'],
  [["--enable-x="], 'invalid argument "" for "--enable-x" flag: use true or false'],
  [["--workers=-1"], 'invalid argument "-1" for "--workers" flag: use a whole number'],
  [
    ["--workers=99999999999999999999"],
    'invalid argument "99999999999999999999" for "--workers" flag: use a whole number',
  ],
  [["--ports=1,x"], 'invalid argument "1,x" for "--ports" flag: use a whole number'],
  [["--interval=soon"], 'invalid argument "soon" for "--interval" flag: use a duration such as 40s or 1m30s'],
  [["--interval=-1s"], 'invalid argument "-1s" for "--interval" flag: must not be negative'],
  [["--labels=b"], 'invalid argument "b" for "--labels" flag: b must be formatted as key=value'],
  [["--mode=none"], 'invalid argument "none" for "--mode" flag: use server or client'],
  [["--address=:70000"], 'invalid argument ":70000" for "--address" flag: use an address such as :8083, or 0'],
  [
    ["--address=10.0.0.1:80"],
    'invalid argument "10.0.0.1:80" for "--address" flag: use an address such as :8083, or 0',
  ],
] as [string[], string][]) {
  test(`${args.join(" ")} is refused by name`, () =>
    assert.throws(() => parse(...args), { name: "FlagError", message }));
}

test("all flags that must be given are asked for at once", () => {
  const kinds = { node: required(), mode: oneOf(["server", "client"]), cluster: required() };
  assert.throws(() => parseFlags([], kinds), { message: 'required flag(s) "cluster", "mode", "node" not set' });
  assert.throws(() => parseFlags(["--node="], kinds), {
    message: 'invalid argument "" for "--node" flag: must not be empty',
  });
  const given = parseFlags(["--cluster=a", "--mode=client", "--node=b"], kinds);
  assert.deepEqual(given, { node: "b", mode: "client", cluster: "a" });
});

test("a misspelt name does not compile", () => {
  // @ts-expect-error: it is called workers
  assert.equal(parse().worker, undefined);
});
