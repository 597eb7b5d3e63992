import assert from "node:assert/strict";
import { test } from "node:test";
import { findJsonSyntaxError, goEscaped } from "./go-json.ts";

test("texts that are JSON have no error", () => {
  for (const text of ["{}", "[]", ' {"a": [1, -0.5e+3, true, null, "\\u00e9\\n"]} ', '"é"', "0"])
    assert.equal(findJsonSyntaxError(text), undefined, text);
});

test("what is no JSON is told in Go's words", () => {
  const end = "unexpected end of JSON input";
  const cases: [string, string][] = [
    ["", end],
    ["{", end],
    ['{"a"', end],
    ["tru", end],
    ["x", "invalid character 'x' looking for beginning of value"],
    ["{x", "invalid character 'x' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{} {}", "invalid character '{' after top-level value"],
    ["trux", "invalid character 'x' in literal true (expecting 'e')"],
    ["-a", "invalid character 'a' in numeric literal"],
    ["1.a", "invalid character 'a' after decimal point in numeric literal"],
    ["1ea", "invalid character 'a' in exponent of numeric literal"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
  ];
  for (const [text, message] of cases) assert.equal(findJsonSyntaxError(text), message, text);
});

test("control characters are escaped as in a Go string", () => {
  assert.equal(goEscaped('a"\u0001\t\\é'), 'a\\"\\x01\\t\\\\é');
});
