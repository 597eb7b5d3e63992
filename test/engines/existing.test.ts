import assert from "node:assert/strict";
import { test } from "node:test";
import { enclosing } from "./existing.ts";

test("enclosing: the smallest CIDR around those of the nodes", () => {
  assert.equal(enclosing(["10.244.1.0/24", "10.244.2.0/24"]), "10.244.0.0/22");
  assert.equal(enclosing(["10.244.0.0/24"]), "10.244.0.0/24");
  assert.equal(enclosing(["10.244.0.0/24", "10.244.255.0/24"]), "10.244.0.0/16");
  assert.equal(enclosing(["10.0.0.0/8", "10.244.2.0/24"]), "10.0.0.0/8");
  assert.equal(enclosing(["fd00::/64"]), undefined);
});
