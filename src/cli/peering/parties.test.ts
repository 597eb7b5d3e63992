import assert from "node:assert/strict";
import { test } from "node:test";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import { idOfSilent } from "./parties.ts";

const peer = (name: string, apiServerUrl?: string): ForeignCluster => ({
  metadata: { name },
  status: { role: "Provider", ...(apiServerUrl !== undefined && { apiServerUrl }) },
});
const ROME = "https://10.0.0.2:6443";

const cases: [string, { server: string; contextName?: string }, ForeignCluster[], string | undefined][] = [
  ["its address says who it is", { server: ROME }, [peer("oslo", "https://10.0.0.3:6443"), peer("rome", ROME)], "rome"],
  [
    "the address counts before the name",
    { server: ROME, contextName: "oslo" },
    [peer("oslo"), peer("rome", ROME)],
    "rome",
  ],
  [
    "a consumer's address is not known: the context's name is",
    { server: ROME, contextName: "rome" },
    [peer("oslo"), peer("rome")],
    "rome",
  ],
  ["one address of two peers says nothing", { server: ROME }, [peer("oslo", ROME), peer("rome", ROME)], undefined],
  [
    "a stranger is not taken for the only peer",
    { server: "https://10.0.0.9:6443", contextName: "prod" },
    [peer("rome", ROME)],
    undefined,
  ],
];

for (const [name, silent, peers, expected] of cases) {
  test(name, () => assert.equal(idOfSilent(silent, peers), expected));
}
