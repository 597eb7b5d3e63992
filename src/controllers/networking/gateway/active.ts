/**
 * Labels the gateway pod in charge, by which Service and fabric find it: the holder of the gateway's Lease. Upstream's
 * gateways label themselves (pkg/gateway/concurrent), for which each may change every pod of its namespace.
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import { leases, pods } from "#machinery/builtin.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";

const SELECTOR = { labelSelector: `${labels.NETWORKING_COMPONENT}=gateway` };

export function gatewayActiveController(deps: Deps): Controller {
  const podInformer = deps.informers.for(pods, SELECTOR);
  const leaseInformer = deps.informers.for(leases, SELECTOR);
  const gatewayOf = ({ metadata }: KubeObject): ObjectKey[] => {
    const name = metadata?.labels?.[labels.GATEWAY_NAME];
    return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
  };
  return {
    name: "gateway-active",
    watches: [watchMapped(podInformer, gatewayOf), watchMapped(leaseInformer, gatewayOf)],
    reconcile: async (ctx, key): Promise<Result> => {
      const wanted = planActive(key, leaseInformer.store.list(key.namespace), podInformer.store.list(key.namespace));
      for (const { pod, isActive } of wanted) {
        const body = {
          metadata: { uid: pod.metadata?.uid, labels: { [labels.GATEWAY_ACTIVE]: isActive ? "true" : null } },
        };
        await deps.client.patch(ctx, pods, keyOf(pod), "merge", body).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      }
      return DONE;
    },
  };
}

export interface ActiveChange {
  readonly pod: Pod;
  readonly isActive: boolean;
}

/** The pods whose label is wrong: those that lose it first, so that there are never two. */
export function planActive(gateway: ObjectKey, allLeases: readonly Lease[], allPods: readonly Pod[]): ActiveChange[] {
  const modes = ["server", "client"] as const;
  const names = modes.map((mode) => gatewayLeaseName(gateway.name, gateway.namespace ?? "", mode));
  const own = allLeases.filter(({ metadata }) => names.includes(metadata?.name ?? ""));
  const holders = new Set(own.map(({ spec }) => spec?.holderIdentity));
  const changes = allPods
    .filter(({ metadata }) => metadata?.labels?.[labels.GATEWAY_NAME] === gateway.name)
    .flatMap((pod): ActiveChange[] => {
      // Replicas that elect and have no Lease yet: who will be in charge is not known.
      if (own.length === 0 && isElecting(pod)) return [];
      const isActive = own.length === 0 || holders.has(pod.metadata?.name);
      return (pod.metadata?.labels?.[labels.GATEWAY_ACTIVE] === "true") === isActive ? [] : [{ pod, isActive }];
    });
  return changes.toSorted((a, b) => Number(a.isActive) - Number(b.isActive));
}

function isElecting({ spec }: Pod): boolean {
  const args = (spec?.containers ?? []).flatMap(({ args = [] }) => args);
  return args.some((argument) => /^--leader-election(=true)?$/.test(argument));
}
