import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import { planRevision } from "./revisions.ts";

const revision = (name: string, number: number): ControllerRevision => ({ metadata: { name }, revision: number });

test("a new template gets the next number, the newest keeps its own, and an old one comes to the top again", () => {
  const present = [revision("db-a", 1), revision("db-b", 2)];
  assert.deepEqual(planRevision("db-a", []), { do: "create", revision: 1 });
  assert.deepEqual(planRevision("db-c", present), { do: "create", revision: 3 });
  assert.deepEqual(planRevision("db-b", present), { do: "keep" });
  assert.deepEqual(planRevision("db-a", present), { do: "renumber", found: present[0], revision: 3 });
});
