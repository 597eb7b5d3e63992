/** Why a peering does not do what it is for, module by module. Pure; ./peer-facts.ts asks both clusters. */
import { controlPlaneIdentity, identityLinks, tenantLink, tenantNamespaceLink } from "./authentication.ts";
import { broken, type Chain, ok, unknown } from "./link.ts";
import { networkChain } from "./network.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, unseen, visible } from "./seen.ts";
import { offloadingChain } from "./virtual-node.ts";

export function* foreignClusterChain(facts: PeerFacts): Chain {
  const { id, peer } = facts;
  if (isHidden(peer)) yield unseen("peering", "the ForeignCluster", peer);
  else if (peer === undefined)
    yield unknown("peering", `there is no ForeignCluster ${id}: nothing of it has begun`, "liqoctl peer");
  else yield ok("peering", `${id} is ${role(peer.status?.role)}`);
  yield* tenantNamespaceLink(facts);
  yield* authentication(facts);
  yield* networkChain(facts);
  yield* offloadingChain(facts);
}

export function* authentication(facts: PeerFacts): Chain {
  const { id, tenants, slices, virtualNodes } = facts;
  const wantsIdentity = [slices, virtualNodes].some((seen) => (visible<readonly unknown[]>(seen) ?? []).length > 0);
  const hasTenant = (visible(tenants) ?? []).length > 0;
  const hasIdentity = controlPlaneIdentity(facts) !== undefined;
  if (!isHidden(facts.identities) && !hasIdentity && wantsIdentity && !hasTenant)
    return yield broken(
      "Identity",
      `this cluster has none at ${id}, and can ask it for nothing`,
      `liqoctl authenticate --remote-context <${id}>`,
    );
  if (!isHidden(tenants) && !isHidden(facts.identities) && !hasTenant && !hasIdentity)
    yield ok("authentication", `neither cluster may use the other`);
  yield* tenantLink(facts);
  yield* identityLinks(facts);
}

function role(role = "Unknown"): string {
  switch (role) {
    case "Provider":
      return "a provider of this cluster";
    case "Consumer":
      return "a consumer of this cluster";
    case "ConsumerAndProvider":
      return "a provider and a consumer of this cluster";
    default:
      return "neither a provider nor a consumer of this cluster yet";
  }
}
