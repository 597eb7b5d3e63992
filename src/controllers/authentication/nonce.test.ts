import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { test } from "node:test";
import { generateKeyPair } from "#pki/keys.ts";
import { signNonce } from "./nonce.ts";

for (const [algorithm, digest] of [
  ["ed25519", null],
  ["rsa-2048", "sha256"],
] as const) {
  test(`a nonce is signed with a key of the kind ${algorithm} as providers check it`, () => {
    const { privateKey, publicKey } = generateKeyPair(algorithm);
    const nonce = Buffer.from("a nonce of the provider");
    const signature = Buffer.from(signNonce(nonce, privateKey), "base64");
    assert.ok(verify(digest, nonce, publicKey, signature));
  });
}
