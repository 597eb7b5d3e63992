/**
 * Prefix NAT for packets of connections that the kernel does not know and would not begin with, such as the last one of an
 * answer: a gateway that takes over gets them. They are translated without being tracked, or the answer would never come.
 * Not in upstream. Kernel: net/netfilter/nf_conntrack_proto_tcp.c (tcp_conntracks)
 */
import type { FirewallChain, NatRule } from "#api/networking/firewallconfiguration.ts";
import { type Cidr, formatIpv4, maskOf, parseCidr } from "#base/cidr.ts";

/** Of rules whose prefix stays nothing has to be done. */
export function resumedRule(rule: NatRule, matches: readonly string[]): string | undefined {
  const to = rule.natType === "masquerade" ? undefined : parseCidr(rule.to ?? "");
  const position = rule.natType === "dnat" ? "dst" : "src";
  const from = rule.match.find(({ ip, op }) => op === "eq" && ip?.position === position)?.ip;
  const replaced = from === undefined ? undefined : parseCidr(from.value);
  if (to === undefined || replaced === undefined || !isOther(to, replaced)) return undefined;
  const field = position === "dst" ? "ip daddr" : "ip saddr";
  const host = formatIpv4(~maskOf(to.prefix) >>> 0);
  return [
    "ct state invalid meta l4proto tcp",
    ...matches,
    `${field} set ${field} & ${host} | ${formatIpv4(to.base)}`,
  ].join(" ");
}

/** Chains of NAT are not asked about such packets; this one is, where they are. */
export function resumedHead({ hook, priority }: FirewallChain): string {
  return `type filter hook ${hook} priority ${priority}; policy accept;`;
}

function isOther(to: Cidr, replaced: Cidr): boolean {
  return to.prefix === replaced.prefix && to.base !== replaced.base;
}
