import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialHelperOf, credentialsFor, formatAuthFile, hashOf } from "./keyring.ts";

const auth = (user: string): string => Buffer.from(`${user}:pass:word`).toString("base64");
const config = (places: Record<string, string>): string =>
  JSON.stringify({
    auths: Object.fromEntries(Object.entries(places).map(([place, user]) => [place, { auth: auth(user) }])),
  });

for (const [place, repository, fits] of [
  ["registry.example.com", "registry.example.com/a/b", true],
  ["https://registry.example.com/v2/", "registry.example.com/a", true],
  ["registry.example.com:5000", "registry.example.com/a", false],
  ["registry.example.com:5000", "registry.example.com:5000/a", true],
  ["*.example.com", "registry.example.com/a", true],
  ["*.example.com", "a.registry.example.com/a", false],
  ["reg*.example.com", "registry.example.com/a", true],
  ["registry.example.com/team", "registry.example.com/team/a", true],
  ["registry.example.com/team", "registry.example.com/other/a", false],
  ["https://index.docker.io/v1/", "docker.io/library/redis", true],
  ["docker.io", "docker.io/me/mine", true],
  ["registryXexample.com", "registry.example.com/a", false],
] as const) {
  test(`credentials for ${place} ${fits ? "are" : "are not"} for ${repository}`, () => {
    assert.equal(credentialsFor([config({ [place]: "me" })], repository).length, fits ? 1 : 0);
  });
}

test("the most specific come first, none twice, and what cannot be read has none", () => {
  const texts = [
    config({ "r.example": "wide", "r.example/team": "narrow" }),
    config({ "r.example": "wide" }),
    "{",
    "[]",
    JSON.stringify({ "r.example": { username: "old", password: "p" } }),
    JSON.stringify({ auths: { "r.example": { auth: "" } } }),
  ];
  assert.deepEqual(
    credentialsFor(texts, "r.example/team/x").map(({ username }) => username),
    ["narrow", "wide", "old"],
  );
});

test("a password may hold colons; files name one registry, or nobody", () => {
  const [credential] = credentialsFor([config({ r: "me" })], "r/x");
  assert.deepEqual(credential, { username: "me", password: "pass:word" });
  assert.deepEqual(JSON.parse(formatAuthFile("r", credential)), { auths: { r: { auth: auth("me") } } });
  assert.deepEqual(JSON.parse(formatAuthFile("r", undefined)), { auths: {} });
  assert.notEqual(hashOf({ username: "a", password: "bc" }), hashOf({ username: "ab", password: "c" }));
});

test("a helper is a registry's own or everybody's, and a program's name", () => {
  const text = JSON.stringify({ credHelpers: { "r.example": "ours", bad: "../sh", odd: 1 }, credsStore: "pass" });
  assert.deepEqual(credentialHelperOf(text, "r.example/x"), { program: "ours", server: "r.example" });
  const hub = { program: "pass", server: "https://index.docker.io/v1/" };
  assert.deepEqual(credentialHelperOf(text, "docker.io/library/x"), hub);
  assert.equal(credentialHelperOf(text, "bad/x"), undefined);
  assert.equal(credentialHelperOf(text, "odd/x"), undefined);
  for (const none of ["", "{", "{}", "[]"]) assert.equal(credentialHelperOf(none, "r/x"), undefined);
});
