import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilitiesOf } from "./capabilities.ts";

test("capabilities follow add and drop", () => {
  const of = (context: Parameters<typeof capabilitiesOf>[0]) =>
    capabilitiesOf(context, new Set(["CHOWN", "NET_ADMIN", "SYS_ADMIN", "KILL"]));
  assert.deepEqual(of(undefined), ["CAP_CHOWN", "CAP_KILL"]);
  assert.deepEqual(of({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }), ["CAP_NET_ADMIN"]);
  assert.deepEqual(of({ capabilities: { add: ["CAP_SYS_ADMIN"], drop: ["KILL"] } }), ["CAP_CHOWN", "CAP_SYS_ADMIN"]);
  assert.equal(of({ privileged: true }).length, 4);
});
