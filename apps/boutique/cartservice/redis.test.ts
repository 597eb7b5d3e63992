import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeReply, encodeCommand, RedisError } from "./redis.ts";

test("a command is an array of bulk strings, counted in bytes", () => {
  assert.equal(encodeCommand(["SET", "ä"]), "*2\r\n$3\r\nSET\r\n$2\r\nä\r\n");
});

const whole = "*3\r\n$1\r\na\r\n:7\r\n$-1\r\n";
test("an array of bulk, integer and nil is read", () => {
  assert.deepEqual(decodeReply(Buffer.from(whole), 0), { reply: ["a", 7, null], next: whole.length });
});

test("a reply cut at any byte is incomplete", () => {
  for (let i = 0; i < whole.length; i++)
    assert.equal(decodeReply(Buffer.from(whole.slice(0, i)), 0), undefined, `cut at ${i}`);
});

test("errors and garbage are errors", () => {
  assert.ok(decodeReply(Buffer.from("-ERR no\r\n"), 0)?.reply instanceof RedisError);
  assert.ok(decodeReply(Buffer.from("hello\r\n"), 0)?.reply instanceof RedisError);
});
