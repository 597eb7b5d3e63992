/** A packet on its way through the rules of one node, as the kernel would take it. */
import { parseIpv4 } from "#base/cidr.ts";
import type { Direction, PlannedRule, PolicyPlan } from "../plan.ts";
import { isWithin } from "../range.ts";
import type { Packet } from "./reference.ts";

export function passes(plan: PolicyPlan, packet: Packet, direction: Direction): boolean {
  if (packet.from === packet.to) return true;
  const group = plan.isolated[direction].get(direction === "ingress" ? packet.to : packet.from);
  if (group === undefined) return true;
  const policies = plan.groups[direction].get(group) ?? [];
  return policies.some((policy) =>
    (plan.rules[direction].get(policy) ?? []).some((rule) => accepts(rule, packet, direction)),
  );
}

function accepts({ peers, ports }: PlannedRule, packet: Packet, direction: Direction): boolean {
  const other = direction === "ingress" ? packet.from : packet.to;
  if (peers !== undefined) {
    const isPeer = peers.addresses?.includes(other) === true || isWithin(peers.blocks, parseIpv4(other) ?? 0);
    if (!isPeer) return false;
  }
  if (ports === undefined) return true;
  const protocol = packet.protocol.toLowerCase();
  return (
    ports.numbered.some(
      (own) => own.protocol === protocol && (own.ports === undefined || isWithin(own.ports, packet.port)),
    ) ||
    ports.named?.some((own) => own.ip === packet.to && own.protocol === protocol && own.port === packet.port) === true
  );
}
