/** Upstream: pkg/webhooks/firewallconfiguration */
import { randomUUID } from "node:crypto";
import type { FirewallChain, FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import {
  type AdmissionAnswer,
  type AdmissionHandler,
  ALLOWED,
  denied,
  type PatchOperation,
} from "#kube/webhook-server/server.ts";

const NAT_HOOKS: Readonly<Record<string, readonly string[]>> = {
  dnat: ["prerouting", "output"],
  snat: ["postrouting", "input"],
  masquerade: ["postrouting"],
};

/** Names rules that have none, so that agents can tell them apart. */
export const mutateFirewallConfiguration: AdmissionHandler = async (_ctx, request) => {
  const chains = (request.object as FirewallConfiguration | undefined)?.spec?.table.chains ?? [];
  const patch = chains.flatMap((chain, i) =>
    (["natRules", "filterRules", "routeRules"] as const).flatMap((kind) =>
      (chain.rules[kind] ?? []).flatMap((rule, j): PatchOperation[] =>
        (rule.name ?? "") === ""
          ? [{ op: "add", path: `/spec/table/chains/${i}/rules/${kind}/${j}/name`, value: randomUUID() }]
          : [],
      ),
    ),
  );
  return { allowed: true, patch };
};

export const validateFirewallConfiguration: AdmissionHandler = async (_ctx, request) => {
  const next = request.object as FirewallConfiguration | undefined;
  if (next === undefined) return ALLOWED;
  const before = (request.oldObject ?? undefined) as FirewallConfiguration | undefined;
  return checkFirewall(next, before);
};

export function checkFirewall(next: FirewallConfiguration, before: FirewallConfiguration | undefined): AdmissionAnswer {
  const table = next.spec?.table;
  if (before !== undefined && before.spec?.table.name !== table?.name) return denied("spec.table.name is immutable");
  const chains = table?.chains ?? [];
  const names = chains.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) return denied(`spec.table.chains: name "${repeated}" is used twice`);
  const problem = chains.map(chainProblem).find((text) => text !== undefined);
  return problem === undefined ? ALLOWED : denied(problem);
}

function chainProblem(chain: FirewallChain): string | undefined {
  const rules = [...(chain.rules.natRules ?? []), ...(chain.rules.filterRules ?? [])];
  const names = rules.map(({ name }) => name).filter((name) => name !== undefined && name !== "");
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) return `chain ${chain.name}: rule name "${repeated}" is used twice`;
  for (const rule of chain.rules.natRules ?? []) {
    if (NAT_HOOKS[rule.natType]?.includes(chain.hook) !== true)
      return `chain ${chain.name}: ${rule.natType} is not possible in hook ${chain.hook}`;
    const hasTarget = (rule.to ?? "") !== "";
    if (rule.natType === "masquerade" ? hasTarget : !hasTarget) {
      return `chain ${chain.name}: rule ${rule.name ?? ""} of type ${rule.natType} ${rule.natType === "masquerade" ? "must not have" : "must have"} "to"`;
    }
  }
  for (const rule of chain.rules.filterRules ?? []) {
    const isTcp = rule.match.some(({ proto }) => proto?.value === "tcp");
    if (rule.action === "tcpmssclamp" && !isTcp)
      return `chain ${chain.name}: rule ${rule.name ?? ""}: tcpmssclamp needs a match of proto tcp`;
  }
  return undefined;
}
