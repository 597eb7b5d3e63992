import assert from "node:assert/strict";
import { test } from "node:test";
import { mountsBelow } from "./remove-node.ts";

test("only mounts below the folder are found, innermost first", () => {
  const mounts = "tmpfs /n/a tmpfs rw 0 0\nnsfs /n/a/b\\040c nsfs rw 0 0\ntmpfs /nn/x tmpfs rw 0 0\n";
  assert.deepEqual(mountsBelow(mounts, "/n"), ["/n/a/b c", "/n/a"]);
});
