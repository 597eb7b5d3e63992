import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import { silentLogger } from "#base/log.ts";
import { admissionRequest, wordsOf } from "#kit/admission.ts";
import { checkFirewall, mutateFirewallConfiguration } from "./admit.ts";

type Table = NonNullable<FirewallConfiguration["spec"]>["table"];
type Chain = NonNullable<Table["chains"]>[number];
type NatRule = NonNullable<Chain["rules"]["natRules"]>[number];
type FilterRule = NonNullable<Chain["rules"]["filterRules"]>[number];

const ctx = { signal: new AbortController().signal, log: silentLogger };

function configuration(chains: Partial<Chain>[], name = "t"): FirewallConfiguration {
  const whole = chains.map((chain) => ({
    name: "c",
    type: "nat",
    policy: "accept",
    hook: "prerouting",
    priority: 0,
    rules: {},
    ...chain,
  }));
  return { spec: { table: { name, family: "IPV4", chains: whole as Chain[] } } };
}

const nat = (rule: Partial<NatRule>): NatRule => ({ natType: "dnat", match: [], ...rule }) as NatRule;
const filter = (rule: Partial<FilterRule>): FilterRule => ({ action: "accept", match: [], ...rule }) as FilterRule;
const tcp = { op: "eq", proto: { value: "tcp" } } as const;

const table: readonly { name: string; next: FirewallConfiguration; before?: FirewallConfiguration; says?: RegExp }[] = [
  { name: "an empty table", next: configuration([]) },
  {
    name: "a table that changes its name",
    next: configuration([], "b"),
    before: configuration([], "a"),
    says: /spec\.table\.name is immutable/,
  },
  {
    name: "two chains of one name",
    next: configuration([{ name: "a" }, { name: "a" }]),
    says: /spec\.table\.chains: name "a" is used twice/,
  },
  {
    name: "two rules of one name, of different types",
    next: configuration([
      { rules: { natRules: [nat({ name: "r", to: "10.0.0.1" })], filterRules: [filter({ name: "r" })] } },
    ]),
    says: /chain c: rule name "r" is used twice/,
  },
  {
    name: "rules without names",
    next: configuration([{ rules: { natRules: [nat({ to: "10.0.0.1" }), nat({ to: "10.0.0.2" })] } }]),
  },
  ...(["prerouting", "output"] as const).map((hook) => ({
    name: `dnat in ${hook}`,
    next: configuration([{ hook, rules: { natRules: [nat({ to: "10.0.0.1" })] } }]),
  })),
  {
    name: "snat in prerouting",
    next: configuration([{ rules: { natRules: [nat({ natType: "snat", to: "10.0.0.1" })] } }]),
    says: /chain c: snat is not possible in hook prerouting/,
  },
  {
    name: "masquerade in input",
    next: configuration([{ hook: "input", rules: { natRules: [nat({ natType: "masquerade" })] } }]),
    says: /masquerade is not possible in hook input/,
  },
  {
    name: "dnat to nothing",
    next: configuration([{ rules: { natRules: [nat({ name: "r" })] } }]),
    says: /rule r of type dnat must have "to"/,
  },
  {
    name: "masquerade to something",
    next: configuration([
      { hook: "postrouting", rules: { natRules: [nat({ name: "r", natType: "masquerade", to: "10.0.0.1" })] } },
    ]),
    says: /rule r of type masquerade must not have "to"/,
  },
  {
    name: "a clamp of the segment size of anything",
    next: configuration([{ rules: { filterRules: [filter({ name: "r", action: "tcpmssclamp" })] } }]),
    says: /rule r: tcpmssclamp needs a match of proto tcp/,
  },
  {
    name: "a clamp of the segment size of TCP",
    next: configuration([{ rules: { filterRules: [filter({ action: "tcpmssclamp", match: [tcp] })] } }]),
  },
];

for (const { name, next, before, says } of table) {
  test(`${name}: ${says === undefined ? "allowed" : "refused"}`, () => {
    const answer = checkFirewall(next, before);
    assert.equal(answer.allowed, says === undefined);
    if (says !== undefined) assert.match(wordsOf(answer), says);
  });
}

test("rules without a name get one each, others keep theirs", async () => {
  const rules = { natRules: [nat({ name: "mine" }), nat({}), nat({ name: "" })], filterRules: [filter({})] };
  const answer = await mutateFirewallConfiguration(ctx, admissionRequest(configuration([{ rules }])));
  assert.ok(answer.allowed);
  const patch = answer.patch ?? [];
  assert.deepEqual(
    patch.map(({ path }) => path),
    [
      "/spec/table/chains/0/rules/natRules/1/name",
      "/spec/table/chains/0/rules/natRules/2/name",
      "/spec/table/chains/0/rules/filterRules/0/name",
    ],
  );
  assert.equal(new Set(patch.map((operation) => JSON.stringify(operation))).size, 3);
});
