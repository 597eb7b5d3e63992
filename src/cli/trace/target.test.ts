import assert from "node:assert/strict";
import { test } from "node:test";
import { CliError } from "../errors.ts";
import { parseTarget } from "./target.ts";

for (const [text, kind, name, port] of [
  ["web", undefined, "web", undefined],
  ["web:80", undefined, "web", "80"],
  ["pod/web", "pod", "web", undefined],
  ["po/web.1:http", "pod", "web.1", "http"],
  ["svc/web:http", "service", "web", "http"],
] as const)
  test(`${text} is ${kind ?? "anything"} ${name}, port ${port ?? "of its own"}`, () =>
    assert.deepEqual(parseTarget(text), { kind, name, port }));

for (const text of [
  "",
  "web:",
  "web:0",
  "web:65536",
  "node/web",
  "a/b/c",
  "Web",
  "web:-",
  "web:80:81",
  "constructor/web",
])
  test(`"${text}" is refused`, () => assert.throws(() => parseTarget(text), CliError));
