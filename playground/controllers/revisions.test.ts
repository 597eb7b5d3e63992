import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import { planRevision } from "./revisions.ts";

const revision = (name: string, number: number): ControllerRevision => ({ metadata: { name }, revision: number });

test("a new template gets the next number, the newest keeps its own, and an old one comes to the top again", () => {
  const present = [revision("db-a", 1), revision("db-b", 2)];
  const newest = (name: string, of = present) => planRevision(name, of, new Set()).newest;
  assert.deepEqual(newest("db-a", []), { do: "create", revision: 1 });
  assert.deepEqual(newest("db-c"), { do: "create", revision: 3 });
  assert.deepEqual(newest("db-b"), { do: "keep" });
  assert.deepEqual(newest("db-a"), { do: "renumber", found: present[0], revision: 3 });
});

test("beyond the limit the oldest go, but not what pods are of", () => {
  const present = ["e", "d", "c", "b", "a"].map((name, i) => revision(name, 5 - i));
  const removed = (limit?: number, ...used: string[]): (string | undefined)[] =>
    planRevision("e", present, new Set(used), limit).remove.map(({ metadata }) => metadata?.name);
  assert.deepEqual(removed(), []);
  assert.deepEqual(removed(2), ["a", "b"]);
  assert.deepEqual(removed(2, "a"), ["b"]);
  assert.deepEqual(removed(0, "b"), ["a", "c", "d"]);
});
