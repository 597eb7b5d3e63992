import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { planLeave, stillRequired } from "./leave.ts";

const map = (provider: string, ...twins: string[]): NamespaceMap => ({
  metadata: { name: provider },
  status: {
    currentMapping: Object.fromEntries(
      twins.map((twin) => [twin, { remoteNamespace: `${twin}-milan`, phase: "Accepted" as const }]),
    ),
  },
});
const silent = (...providers: string[]) => ({ has: (provider: string) => providers.includes(provider) });

const cases: [string, NamespaceMap[], ReturnType<typeof silent>, object][] = [
  ["no twin is left", [map("rome", "other"), map("oslo")], silent(), { do: "go", owed: [] }],
  ["a provider that answers is waited for", [map("rome", "web")], silent("oslo"), { do: "wait" }],
  [
    "one that answers is waited for, whoever else does not",
    [map("oslo", "web"), map("rome", "web")],
    silent("oslo"),
    { do: "wait" },
  ],
  [
    "a silent provider is owed the removal of the twin, not of others",
    [map("oslo"), map("rome", "web", "other")],
    silent("oslo", "rome"),
    { do: "go", owed: [{ map: map("rome", "web", "other"), remote: "web-milan" }] },
  ],
];

for (const [name, maps, peers, expected] of cases) {
  test(name, () => assert.deepEqual(planLeave("web", maps, peers.has), expected));
}

test("a silent provider is not asked for a twin of a namespace that is being deleted, and of others it is", () => {
  const both = new Set(["rome", "oslo"]);
  assert.deepEqual(stillRequired(both, true, silent("rome").has), new Set(["oslo"]));
  assert.deepEqual(stillRequired(both, false, silent("rome").has), both);
});
