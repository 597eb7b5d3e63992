/** Where two clusters that are not peered yet would see each other's CIDRs: as the plan of `liqoctl peer` has it. Pure. */
import { tenantNamespaceName } from "#forge/names.ts";
import type { Address } from "../plan/model.ts";
import { planAddresses } from "../plan/networking.ts";
import { visible } from "../why/seen.ts";
import type { InstalledFacts } from "./categories/liqo.ts";
import { ownRanges } from "./cidrs.ts";

/** Empty where they are peered, and where too little is seen. */
export function expectedCidrs(from: InstalledFacts, to: InstalledFacts): Address[] {
  const [networks, theirs] = [visible(from.liqo.networks), visible(to.liqo.networks)];
  const isPeered = from.liqo.peerings.some(({ id }) => id === to.id);
  if (isPeered || networks === undefined || theirs === undefined) return [];
  const cidrs = (wanted: string): string[] =>
    ownRanges(theirs).flatMap(({ what, cidr }) => (what === wanted ? [cidr] : []));
  return planAddresses({
    ...{ id: from.name, peerId: to.name, namespace: tenantNamespaceName(to.name), configurationName: to.name },
    remote: { pod: cidrs("pod CIDR"), external: cidrs("external CIDR") },
    networks,
    nodes: visible(from.nodes) ?? [],
    apiServers: visible(from.liqo.apiServers) ?? [],
  });
}
