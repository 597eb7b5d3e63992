import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Observed, planGatewayBypass } from "./plan.ts";

const node = { metadata: { name: "worker", uid: "1" } };
const pod = (name: string, changes: { own?: object; spec?: object; status?: object } = {}): Pod => ({
  metadata: { namespace: "liqo-tenant-rome", name, labels: { [labels.GATEWAY_NAME]: "rome", ...changes.own } },
  spec: { containers: [], ...changes.spec },
  status: { podIP: "10.244.0.5", phase: "Running", ...changes.status },
});
const seen = { node, pods: [pod("a")], isEnabled: true, liqoNamespace: "liqo", overlayPort: 6091 };

test("overlay packets of the node's gateways keep their address", () => {
  const plan = planGatewayBypass({ ...seen, pods: [pod("a"), pod("b", { status: { podIP: "10.244.0.6" } })] });
  assert.equal(plan.do, "write");
  const { metadata, spec } = plan.do === "write" ? plan.table : {};
  assert.equal(metadata?.name, "worker-gw-masquerade-bypass");
  assert.equal(metadata?.labels?.["networking.liqo.io/firewall-unique"], "worker");
  const [chain] = spec?.table.chains ?? [];
  assert.deepEqual([chain?.hook, chain?.priority], ["postrouting", 99]);
  assert.deepEqual(
    chain?.rules?.natRules?.map(({ natType, to, match }) => ({ natType, to, match })),
    ["10.244.0.5", "10.244.0.6"].map((value) => ({
      natType: "snat",
      to: value,
      match: [
        { op: "eq", ip: { position: "src", value }, port: { position: "dst", value: "6091" }, proto: { value: "udp" } },
      ],
    })),
  );
});

for (const [what, wanted, changes] of [
  ["where it is not wished for", "delete", { isEnabled: false }],
  ["on a node without gateways", "delete", { pods: [] }],
  ["for other pods", "delete", { pods: [pod("a", { own: { [labels.GATEWAY_NAME]: undefined } })] }],
  ["for a gateway in the host's network", "delete", { pods: [pod("a", { spec: { hostNetwork: true } })] }],
  ["for a gateway without an address", "delete", { pods: [pod("a", { status: { podIP: "" } })] }],
  ["for a gateway that has ended", "delete", { pods: [pod("a", { status: { phase: "Failed" } })] }],
  [
    "for a node that goes: its owner takes the table along",
    "nothing",
    { node: { metadata: { ...node.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } } },
  ],
] satisfies readonly [string, string, Partial<Observed>][]) {
  test(`there is no table ${what}`, () => assert.equal(planGatewayBypass({ ...seen, ...changes }).do, wanted));
}
