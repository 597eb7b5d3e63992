import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseApiServer } from "./api-server.ts";
import { apiServerOf } from "./provider.ts";

for (const [url, kubeconfigs, chosen] of [
  [undefined, "https://example.com:6443", "https://example.com:6443"],
  [undefined, "https://127.0.0.1:6443", undefined],
  [undefined, "https://0.0.0.0:6443", undefined],
  ["https://example.com", "https://example.com:443", "https://example.com"],
  ["example.com:443", "https://example.com", "example.com:443"],
  ["example.com", "example.com", "example.com"],
] as const)
  test(`${url} with ${kubeconfigs} in the kubeconfig is ${chosen}`, () =>
    assert.equal(chooseApiServer(apiServerOf(url), kubeconfigs), chosen));

for (const [url, kubeconfigs, says] of [
  ["https://example.com", "https://example2.com", /"https:\/\/example.com" does not match https:\/\/example2.com/],
  ["https://example.com:1", "https://example.com:2", /does not match/],
  ["https://localhost:6443", "https://localhost:6443", /peers cannot reach localhost/],
  ["http://[::1]", "https://a", /peers cannot reach \[::1\]/],
  ["https://", "https://a", /must be https:\/\/host:port/],
] as const)
  test(`${url} with ${kubeconfigs} in the kubeconfig is refused`, () =>
    assert.throws(() => chooseApiServer(apiServerOf(url), kubeconfigs), says));

test("what is not compared may be another, but never this machine", () => {
  const server = { url: "https://outside:6443", isKubeconfigs: true, isCompared: false };
  assert.equal(chooseApiServer(server, "https://127.0.0.1:6443"), "https://outside:6443");
  assert.throws(() => chooseApiServer({ ...server, url: "127.0.0.1" }, "https://a"), /cannot reach 127.0.0.1/);
});

test("kind's kubeconfig is never told", () => {
  const server = { url: undefined, isKubeconfigs: false, isCompared: false };
  assert.equal(chooseApiServer(server, "https://10.0.0.1:6443"), undefined);
});
