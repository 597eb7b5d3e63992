import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, string } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { parseChallenge, parseErrors, parseRetryAfter } from "./challenge.ts";
import { parseHead } from "./curl.ts";
import { isRegistryError } from "./registry-error.ts";

test("challenges as registries write them", () => {
  const hub =
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/redis:pull"';
  assert.deepEqual(parseChallenge(hub), {
    scheme: "bearer",
    realm: "https://auth.docker.io/token",
    query: { service: "registry.docker.io", scope: "repository:library/redis:pull" },
  });
  assert.deepEqual(parseChallenge('basic realm="x"'), { scheme: "basic" });
  for (const text of ["", "Digest realm=x", 'Bearer service="x"', 'Bearer realm="no address"', "Bearer"])
    assert.equal(parseChallenge(text), undefined, text);
});

test("how long to wait is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(parseRetryAfter("120", now), 120_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now), 30_000);
  assert.equal(parseRetryAfter("Wed, 31 Dec 2025 00:00:30 GMT", now), 0);
  for (const text of [undefined, "", "soon", "-1x"]) assert.equal(parseRetryAfter(text, now), undefined);
});

test("a registry's errors are shown as skopeo shows them", () => {
  assert.equal(parseErrors('{"errors":[{"code":"TOOMANYREQUESTS","message":"slowly"}]}'), "toomanyrequests: slowly");
  assert.equal(parseErrors('{"errors":[{"code":"NAME_UNKNOWN"}]}'), "name unknown");
  for (const text of ["", "{}", "null", '{"errors":{}}', '{"errors":[]}', '{"errors":[{"code":1}]}', "<html>"])
    assert.equal(parseErrors(text), undefined, text);
});

test("whatever a registry sends is read or refused, in time", () => {
  const pieces = constantFrom(
    'Bearer realm="https://a/t"',
    ',scope="',
    '"',
    "\\",
    "a=",
    "HTTP/1.1 200",
    "\r\n",
    ":",
    "9".repeat(30),
  );
  forAll(string(), (text) => void parseErrors(text));
  forAll(array(pieces), (texts) => {
    const text = texts.join("");
    const challenge = parseChallenge(text);
    if (challenge?.scheme === "bearer") assert.ok(URL.canParse(challenge.realm));
    const ms = parseRetryAfter(text, 0);
    assert.ok(ms === undefined || ms >= 0);
    const head = parseOrRefuse(parseHead, text, (error) => isRegistryError(error, "refused"));
    assert.ok(head === undefined || (head.status >= 0 && head.status <= 999));
  });
  for (const text of ["a".repeat(60_000), 'a="'.repeat(20_000), `x="${"\\".repeat(60_000)}`])
    takesAtMost(500, () => [parseChallenge(`Bearer ${text}`), parseRetryAfter(text, 0), parseErrors(text)]);
});
