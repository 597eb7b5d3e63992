/**
 * What a Configuration asks for: this cluster's own CIDRs in it, and a Network for each CIDR of the peer.
 * Upstream: pkg/liqo-controller-manager/networking/configuration-controller
 */
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { forgeRemoteNetwork } from "#forge/networking/configuration.ts";
import { claimsProblem } from "#ipam/claim.ts";
import { type NetworkType, networksOfType } from "#ipam/own-networks.ts";
import { controllerOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";

export interface Observed {
  readonly configuration: Configuration | undefined;
  readonly networks: readonly Network[];
}

export type Plan =
  | { readonly do: "nothing" }
  /** The own CIDRs come first: the other cluster is told of them. */
  | { readonly do: "complete"; readonly local: LocalCidrs }
  | {
      readonly do: "ensure";
      readonly wanted: readonly Network[];
      readonly owned: readonly Network[];
      /** Why the peer's CIDRs cannot be had. */
      readonly refused: string | undefined;
    };

export function planConfiguration({ configuration, networks }: Observed): Plan {
  if (configuration === undefined || configuration.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  const local = localCidrs(networks);
  if (local === undefined) return { do: "nothing" };
  if (!jsonEquals(configuration.spec?.local, { cidr: local })) return { do: "complete", local };
  const { namespace, uid } = configuration.metadata ?? {};
  const owned = networks.filter(
    (network) => network.metadata?.namespace === namespace && controllerOf(network)?.uid === uid,
  );
  const refused = refusalOf(configuration);
  return { do: "ensure", wanted: refused === undefined ? forgeNetworks(configuration) : [], owned, refused };
}

export interface LocalCidrs {
  readonly external: readonly string[];
  readonly pod: readonly string[];
}

/** From the Networks of the chart; undefined until they have been allocated. */
function localCidrs(all: readonly Network[]): LocalCidrs | undefined {
  const of = (type: NetworkType): string[] => networksOfType(all, type).flatMap(({ status }) => status?.cidr ?? []);
  const local = { external: of("external-cidr"), pod: of("pod-cidr") };
  return local.external.length === 0 || local.pod.length === 0 ? undefined : local;
}

/** Why the peer's CIDRs cannot be had; undefined when they can. */
function refusalOf({ spec }: Configuration): string | undefined {
  const remote = spec?.remote?.cidr;
  return claimsProblem("pod", remote?.pod ?? []) ?? claimsProblem("external", remote?.external ?? []);
}

function forgeNetworks(configuration: Configuration): Network[] {
  const remote = configuration.spec?.remote?.cidr;
  return (["pod", "external"] as const).flatMap((type) =>
    (remote?.[type] ?? []).map((cidr) => forgeRemoteNetwork(configuration, type, cidr)),
  );
}
