/**
 * The status of a Configuration: where the peer's CIDRs are seen, and what is in the way.
 * Upstream: pkg/liqo-controller-manager/networking/configuration-controller (status)
 */
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";

type Status = NonNullable<Configuration["status"]>;

export const CIDR_REFUSED = "CIDRRefused";

/** Whether all CIDRs of the peer have their place: what gates every other networking controller. */
export function isConfigured(configuration: Configuration): boolean {
  return (
    configuration.status?.conditions?.some(
      ({ type, status }) => type === "NetworkCIDRsConfigured" && status === "True",
    ) === true
  );
}

export interface Networks {
  readonly wanted: readonly Network[];
  readonly owned: readonly Network[];
  readonly refused: string | undefined;
}

export function configurationStatus(
  configuration: Configuration,
  { wanted, owned, refused }: Networks,
  nowMs: number,
): Status {
  const place = (type: "pod" | "external"): string[] =>
    wanted
      .filter(({ metadata }) => metadata?.labels?.[labels.CIDR_TYPE] === type)
      .flatMap(
        ({ metadata }) => owned.find((network) => network.metadata?.name === metadata?.name)?.status?.cidr ?? [],
      );
  const [pod, external] = [place("pod"), place("external")];
  const isComplete = pod.length + external.length === wanted.length && wanted.length > 0;
  const condition: Condition = isComplete
    ? {
        type: "NetworkCIDRsConfigured",
        status: "True",
        reason: "NetworkCIDRsConfigured",
        message: "All network CIDRs are configured",
      }
    : {
        type: "NetworkCIDRsConfigured",
        status: "False",
        reason: refused === undefined ? "WaitingForNetworks" : CIDR_REFUSED,
        message: refused ?? "Waiting for the network CIDRs to be configured",
      };
  const before = configuration.status?.conditions as Condition[] | undefined;
  const observedGeneration = configuration.metadata?.generation ?? 0;
  const conditions = withCondition<Condition>(before, { ...condition, observedGeneration }, nowMs) as NonNullable<
    Status["conditions"]
  >;
  return { conditions, ...(isComplete && { remote: { cidr: { external, pod } } }) };
}
