import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { planReflection } from "./generic.ts";

const HERE: KubeObject = { metadata: { name: "a" } };
const LEAVING: KubeObject = { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" } };

for (const { name, local, remote, isWanted = true, isOurs = true, plan } of [
  { name: "both ends gone", local: undefined, remote: undefined, plan: "nothing" },
  { name: "new at home", local: HERE, remote: undefined, plan: "apply" },
  { name: "new at home, and not to be reflected", local: HERE, remote: undefined, isWanted: false, plan: "nothing" },
  { name: "leaving home before it was reflected", local: LEAVING, remote: undefined, plan: "nothing" },
  { name: "at both ends", local: HERE, remote: HERE, plan: "apply" },
  { name: "gone at home", local: undefined, remote: HERE, isWanted: false, plan: "delete" },
  { name: "leaving home", local: LEAVING, remote: HERE, plan: "delete" },
  { name: "no longer to be reflected", local: HERE, remote: HERE, isWanted: false, plan: "delete" },
  { name: "leaving the provider, and wanted", local: HERE, remote: LEAVING, plan: "nothing" },
  {
    name: "leaving the provider, and gone at home",
    local: undefined,
    remote: LEAVING,
    isWanted: false,
    plan: "nothing",
  },
  { name: "the provider's own", local: HERE, remote: HERE, isOurs: false, plan: "foreign" },
  {
    name: "the provider's own, and not to be reflected",
    local: HERE,
    remote: HERE,
    isWanted: false,
    isOurs: false,
    plan: "nothing",
  },
  { name: "the provider's own, and gone at home", local: undefined, remote: HERE, isOurs: false, plan: "nothing" },
])
  test(name, () => assert.deepEqual(planReflection({ local, remote, isWanted, isOurs }), { do: plan }));
