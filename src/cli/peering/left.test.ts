import assert from "node:assert/strict";
import { test } from "node:test";
import { type Left, leftThere } from "./left.ts";

const rome: Left = {
  where: "provider",
  id: "rome",
  peerId: "milan",
  silence: "https://10.0.0.2:6443 did not answer within 10 s",
  twins: ["shop-milan", "web-milan"],
  tenantNamespace: "liqo-tenant-milan",
};

const cases: [string, Left, string][] = [
  [
    "a provider keeps the tenant and the twins",
    rome,
    "rome was not told (https://10.0.0.2:6443 did not answer within 10 s). Left there: the Tenant of milan, namespace liqo-tenant-milan, and shop-milan, web-milan with all that runs there.",
  ],
  [
    "what is not known is not said",
    { ...rome, twins: [], tenantNamespace: undefined, silence: "refused" },
    "rome was not told (refused). Left there: the Tenant of milan.",
  ],
  [
    "a consumer keeps the virtual node and what it has offloaded",
    { ...rome, where: "consumer", id: "milan", peerId: "rome", silence: "refused", tenantNamespace: undefined },
    "milan was not told (refused). Left there: the virtual node and the Identity for rome, and the offloading of its namespaces.",
  ],
];

for (const [name, left, line] of cases) {
  test(name, () =>
    assert.deepEqual(leftThere(left), [
      line,
      `When it is back: this command once more, or \`liqoctl force unpeer ${left.peerId}\` there.`,
    ]),
  );
}
