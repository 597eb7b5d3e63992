/** Which checks a cluster is to stand, by how far it is: before Liqo, with it, and peered. Pure. */
import { isHidden } from "../why/seen.ts";
import { addresses, loadBalancers, plainAddresses } from "./categories/addresses.ts";
import { between } from "./categories/between.ts";
import { kernel } from "./categories/kernel.ts";
import { clocks, kubernetes, rights } from "./categories/kubernetes.ts";
import { absence, controllers, type InstalledFacts, versions } from "./categories/liqo.ts";
import { type Probed, path } from "./categories/path.ts";
import { peering } from "./categories/peering.ts";
import { type CategoryResult, run } from "./check.ts";
import type { ClusterFacts } from "./facts.ts";

export interface Gathered {
  readonly home: ClusterFacts;
  /** Where a second cluster is named. */
  readonly away?: ClusterFacts | undefined;
  /** Where probes were asked for. */
  readonly probed?: Probed | undefined;
}

export function judge({ home, away, probed }: Gathered): CategoryResult[] {
  const sides = away === undefined ? [ofCluster(home, undefined)] : [ofCluster(home, away), ofCluster(away, home)];
  const pair =
    away !== undefined && isInstalled(home) && isInstalled(away) ? [run(between, undefined, { home, away })] : [];
  return [...sides.flat(), ...pair, ...(probed === undefined ? [] : [run(path, undefined, probed)])];
}

function isInstalled(facts: ClusterFacts): facts is InstalledFacts {
  return facts.liqo !== undefined;
}

/** Of an API server that does not answer nothing else is known. */
function ofCluster(facts: ClusterFacts, other: ClusterFacts | undefined): CategoryResult[] {
  const { name } = facts;
  if (isHidden(facts.api)) return [run({ ...kubernetes, checks: kubernetes.checks.slice(0, 1) }, name, facts)];
  const first = run(kubernetes, name, facts);
  if (!isInstalled(facts))
    return [
      first,
      ...[rights("install Liqo"), absence, plainAddresses, loadBalancers, clocks].map((each) => run(each, name, facts)),
    ].filter(hasAny);
  const peers = facts.liqo.peerings.filter(({ id }) => other === undefined || id === other.id);
  return [
    first,
    run(rights(other === undefined ? "upgrade Liqo" : `peer with ${other.name}`), name, facts),
    run(versions, name, facts),
    run(controllers, name, facts),
    run(kernel, name, facts),
    run(addresses, name, facts),
    run(loadBalancers, name, facts),
    run(clocks, name, facts),
    ...peers.map((peer) => run(peering(peer.id), name, { cluster: facts, peer })),
  ].filter(hasAny);
}

function hasAny({ checks }: CategoryResult): boolean {
  return checks.length > 0;
}
