/** What becomes of a ShadowNetworkPolicy: a NetworkPolicy in this cluster's view of the consumer, or nothing. */
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import type { Configuration } from "#api/networking/configuration.ts";
import type { ShadowNetworkPolicy } from "#api/offloading/shadow.ts";
import type { Move } from "#forge/network-policy/blocks.ts";
import { forgeRemotePolicy } from "#forge/network-policy/remote.ts";
import { remapAddress } from "#forge/networking/remap.ts";
import { controllerOf } from "#machinery/meta.ts";

export interface Observed {
  readonly shadow: ShadowNetworkPolicy;
  /** Whose twin namespace it lies in; undefined: nobody's. */
  readonly consumer: string | undefined;
  /** All NetworkPolicies of the namespace. */
  readonly policies: readonly NetworkPolicy[];
  /** How this cluster sees the consumer; undefined: there is no network between the two. */
  readonly configuration: Configuration | undefined;
  readonly configurations: readonly Configuration[];
  readonly podCidr: string;
  readonly consumerOf: (namespace: string) => string | undefined;
}

export type Plan =
  | { readonly do: "nothing"; readonly refused: readonly string[] }
  | { readonly do: "apply"; readonly policy: NetworkPolicy; readonly refused: readonly string[] };

export function planPolicy(seen: Observed): Plan {
  const { shadow, consumer, policies, configuration } = seen;
  const { name, namespace } = shadow.metadata ?? {};
  if (consumer === undefined) return { do: "nothing", refused: [`namespace ${namespace} is no consumer's`] };
  const cached = policies.find(({ metadata }) => metadata?.name === name);
  if (cached !== undefined && controllerOf(cached)?.uid !== shadow.metadata?.uid && !isOfShadow(cached))
    return {
      do: "nothing",
      refused: [`this cluster has a NetworkPolicy ${name} of its own in namespace ${namespace}`],
    };
  const { policy, refused } = forgeRemotePolicy(shadow, {
    place: (address) => remapAddress(address, configuration),
    moves: movesOf(configuration),
    reserved: [seen.podCidr, ...seen.configurations.flatMap(({ status }) => cidrsOf(status?.remote?.cidr))],
    isTwin: (other) => seen.consumerOf(other) === consumer,
    hasOwnPolicies: policies.some((each) => !isOfShadow(each)),
  });
  return { do: "apply", policy, refused };
}

/** Its owner says so: a consumer may not write NetworkPolicies, and this cluster's users make none that a shadow owns. */
function isOfShadow(policy: NetworkPolicy): boolean {
  return controllerOf(policy)?.kind === "ShadowNetworkPolicy";
}

type Cidrs = { readonly pod?: readonly string[]; readonly external?: readonly string[] } | undefined;

function cidrsOf(cidrs: Cidrs): string[] {
  return [...(cidrs?.pod ?? []), ...(cidrs?.external ?? [])];
}

function movesOf(configuration: Configuration | undefined): Move[] {
  const [own, seen] = [configuration?.spec?.remote?.cidr, configuration?.status?.remote?.cidr];
  return (["pod", "external"] as const).flatMap((type) =>
    (own?.[type] ?? []).flatMap((from, i) => {
      const to = seen?.[type]?.[i];
      return to === undefined ? [] : [{ from, to }];
    }),
  );
}
