/** Which pods of a gateway have the wrong label. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import type { ObjectKey } from "#machinery/meta.ts";

export interface ActiveChange {
  readonly pod: Pod;
  readonly isActive: boolean;
}

/**
 * The pods whose label is wrong: the one that gets it first, so that a Service always has somebody. One that ends is not chosen
 * any more as soon as another is there.
 */
export function planActive(gateway: ObjectKey, allLeases: readonly Lease[], allPods: readonly Pod[]): ActiveChange[] {
  const modes = ["server", "client"] as const;
  const names = modes.map((mode) => gatewayLeaseName(gateway.name, gateway.namespace ?? "", mode));
  const own = allLeases.filter(({ metadata }) => names.includes(metadata?.name ?? ""));
  const holders = new Set(own.map(({ spec }) => spec?.holderIdentity ?? "").filter((name) => name !== ""));
  const changes = allPods
    .filter(({ metadata }) => metadata?.labels?.[labels.GATEWAY_NAME] === gateway.name)
    .flatMap((pod): ActiveChange[] => {
      // Replicas that elect and have no Lease yet: who will be in charge is not known. One that was given up is taken at
      // once, and its former holder carries packets until then.
      if (own.length === 0 ? isElecting(pod) : holders.size === 0) return [];
      const isActive = own.length === 0 || holders.has(pod.metadata?.name ?? "");
      return (pod.metadata?.labels?.[labels.GATEWAY_ACTIVE] === "true") === isActive ? [] : [{ pod, isActive }];
    });
  return changes.toSorted((a, b) => Number(b.isActive) - Number(a.isActive));
}

function isElecting({ spec }: Pod): boolean {
  const args = (spec?.containers ?? []).flatMap(({ args = [] }) => args);
  return args.some((argument) => /^--leader-election(=true)?$/.test(argument));
}
