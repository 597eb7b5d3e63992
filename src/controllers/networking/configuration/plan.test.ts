import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { planConfiguration } from "./plan.ts";

const own = (type: string, cidr?: string): Network => ({
  metadata: { namespace: "liqo", name: type, labels: { "ipam.liqo.io/network-type": type } },
  ...(cidr !== undefined && { status: { cidr } }),
});
const OWN = [own("pod-cidr", "10.244.0.0/16"), own("external-cidr", "10.70.0.0/16")];
const LOCAL = { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] };
const REMOTE = { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] };
const configuration = (local: unknown, remote: object = REMOTE, metadata: object = {}): Configuration =>
  ({
    metadata: { namespace: "liqo-tenant-rome", name: "rome", uid: "1", ...metadata },
    spec: { ...(local !== undefined && { local: { cidr: local } }), remote: { cidr: remote } },
  }) as Configuration;

for (const [name, expected, seen, networks] of [
  ["without a Configuration there is nothing to do", "nothing", undefined, OWN],
  [
    "nor with one on its way out",
    "nothing",
    configuration(LOCAL, REMOTE, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    OWN,
  ],
  ["it waits for the cluster's own CIDRs", "nothing", configuration(undefined), [OWN[0], own("external-cidr")]],
  ["which then come first", "complete", configuration(undefined), OWN],
  ["also when they have changed", "complete", configuration({ ...LOCAL, pod: ["10.9.0.0/16"] }), OWN],
  ["the peer's follow", "ensure", configuration(LOCAL), OWN],
] as const) {
  test(name, () => {
    const plan = planConfiguration({ configuration: seen, networks: networks as readonly Network[] });
    assert.equal(plan.do, expected);
  });
}

const ensured = (seen: Configuration, networks: readonly Network[] = OWN) => {
  const plan = planConfiguration({ configuration: seen, networks });
  assert.ok(plan.do === "ensure");
  return plan;
};
const names = (networks: readonly Network[]) => networks.map(({ metadata }) => metadata?.name);

test("each CIDR of the peer asks for a Network of its own", () => {
  const { wanted, refused } = ensured(configuration(LOCAL));
  assert.deepEqual(names(wanted), ["rome-pod-10-1-0-0-16", "rome-external-10-2-0-0-16"]);
  assert.equal(refused, undefined);
});

test("one CIDR that cannot be had refuses them all", () => {
  const { wanted, refused } = ensured(configuration(LOCAL, { ...REMOTE, external: ["0.0.0.0/0"] }));
  assert.deepEqual(wanted, []);
  assert.match(refused ?? "", /^external CIDR 0\.0\.0\.0\/0/);
});

test("only Networks of this very Configuration are its own", () => {
  const [mine] = ensured(configuration(LOCAL)).wanted;
  const [earlier] = ensured(configuration(LOCAL, REMOTE, { uid: "0" })).wanted;
  const [elsewhere] = ensured(configuration(LOCAL, REMOTE, { namespace: "liqo-tenant-turin" })).wanted;
  const networks = [...OWN, mine, earlier, elsewhere].filter((network) => network !== undefined);
  assert.deepEqual(ensured(configuration(LOCAL), networks).owned, [mine]);
});
