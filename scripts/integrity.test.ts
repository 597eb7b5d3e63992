import assert from "node:assert/strict";
import { test } from "node:test";
import { requireIntegrity } from "./integrity.ts";

// printf abc | openssl dgst -sha512 -binary | base64 -w0
const ABC = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

test("what has the hash passes, anything else is refused with what was expected and what was found", () => {
  requireIntegrity(Buffer.from("abc"), ABC, "archive");
  assert.throws(() => requireIntegrity(Buffer.from("abd"), ABC, "archive"), {
    message: /^archive is not what was expected: expected sha512-3a81oZ\S+, found sha512-\S+==$/,
  });
});
