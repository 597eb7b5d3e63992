import assert from "node:assert/strict";
import { test } from "node:test";
import { argument, usageOf } from "./argument.ts";
import { flag, integer, list, longName, number, pairs, port } from "./flag.ts";

const strategy = flag.choice("", "strategy", ["Local", "Remote"], { initial: "Local" });

for (const [what, read, expected] of [
  ["a text", () => flag.string("", "x").parse("a", undefined), "a"],
  ["an empty text", () => flag.string("", "x").parse("", undefined), undefined],
  ["an empty text with a default", () => flag.string("", "x", { initial: "liqo" }).parse("", "liqo"), "liqo"],
  ["a required text that is empty", () => flag.required("", "x").parse("", ""), ""],
  ["on", () => flag.boolean("").parse("true", false), true],
  ["off", () => flag.switchedOn("").parse("false", true), false],
  ["a choice", () => strategy.parse("Remote", "Local"), "Remote"],
  ["a duration", () => flag.duration("", "2m").parse("1.5s", 0), 1_500],
  ["one more of several", () => flag.repeated("", "x").parse("b", ["a"]), ["a", "b"]],
  ["a list", () => list("a,,b"), ["a", "b"]],
  ["pairs", () => pairs("a=1,b=x=y,c="), { a: "1", b: "x=y", c: "" }],
  ["a number", () => number("0"), 0],
  ["a negative integer", () => integer("-3"), -3],
  ["a port", () => port("65535"), 65_535],
] as const) {
  test(`${what} is read`, () => assert.deepEqual(read(), expected));
}

for (const [what, read, message] of [
  ["a word that is none of the choices", () => strategy.parse("x", "Local"), "Allowed choices are Local, Remote."],
  ["a boolean of Go's other spellings", () => flag.boolean("").parse("True", false), "must be true or false"],
  ["a number without a unit", () => flag.duration("", "2m").parse("5", 0), "must be a duration such as 90s or 10m"],
  ["a negative duration", () => flag.duration("", "2m").parse("-5s", 0), "must be a duration such as 90s or 10m"],
  ["a pair without a key", () => pairs("=1"), '"=1" is not key=value'],
  ["a negative number", () => number("-1"), "must be a whole number"],
  ["a fraction", () => integer("1.5"), "must be a whole number"],
  ["port 0", () => port("0"), "must be a port from 1 to 65535"],
  ["port 65536", () => port("65536"), "must be a port from 1 to 65535"],
] as const) {
  test(`${what} is refused`, () => assert.throws(read, { name: "InvalidValue", message }));
}

test("keys are written as flags and arguments are", () => {
  assert.equal(longName("gwServerServiceLoadbalancerip"), "--gw-server-service-loadbalancerip");
  const usages = {
    clusterId: argument.one(""),
    name: argument.optional(""),
    ids: argument.any(""),
    names: argument.some(""),
  };
  assert.deepEqual(
    Object.entries(usages).map(([key, each]) => usageOf(key, each)),
    ["<cluster-id>", "[name]", "[ids...]", "<names...>"],
  );
});
