import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOwnedTables } from "./firewall.ts";
import { OWNER } from "./render.ts";

test("tables are ours by their own comment, and by no chain's, set's or rule's", () => {
  const ruleset = `table ip kube-proxy {
\tchain services {
\t\tcomment "${OWNER}"
\t}
}
table ip liqo-a {
\tcomment "${OWNER}"
\tchain c {
\t}
}
table inet liqo-b {
\tcomment "${OWNER}"
}
table ip theirs {
\tcomment "somebody"
}
`;
  assert.deepEqual(parseOwnedTables(ruleset), new Set(["ip liqo-a", "inet liqo-b"]));
  assert.deepEqual(parseOwnedTables(""), new Set());
});
