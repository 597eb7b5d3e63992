/**
 * Gives offloaded pods an address in the external CIDR, by which third clusters reach them through this one. Writes those IPs.
 * Upstream: pkg/liqo-controller-manager/ipmapping/offloadedpod_controller.go, also where there is no third cluster
 */
import type { Pod } from "kubernetes-types/core/v1";
import { type IP, ips } from "#api/ipam/ip.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { isOffloaded, podsInBrief } from "../../pods.ts";
import { uninstallingProbe } from "../../uninstalling.ts";
import { isConfigured } from "../configuration/status.ts";
import { isOfPod, planPodIp } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly pods: Informer<Pod>;
  readonly ips: Informer<IP>;
  readonly configurations: Informer<Configuration>;
  readonly isUninstalling: () => boolean;
}

export function podIpController(deps: Deps): Controller {
  const { informers } = deps;
  const work: Work = {
    deps,
    pods: podsInBrief(deps),
    ips: informers.for(ips),
    configurations: informers.for(configurations),
    isUninstalling: uninstallingProbe(deps),
  };
  const all = (): ObjectKey[] => [
    ...work.pods.store.list().filter(isOffloaded).map(keyOf),
    ...work.ips.store.list().filter(isOfPod).map(keyOf),
  ];
  return {
    name: "pod-ip",
    watches: [
      watchFor(work.pods, isOffloaded),
      watchFor(work.ips, isOfPod),
      // Pods count as soon as there is a third cluster, and no more without one.
      watchMapped(work.configurations, all),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { client } = work.deps;
  const plan = planPodIp({
    pod: work.pods.store.get(key),
    ip: work.ips.store.get(key),
    peers: work.isUninstalling() ? 0 : work.configurations.store.list().filter(isConfigured).length,
  });
  if (plan.do === "create") await client.createIfAbsent(ctx, ips, plan.ip);
  if (plan.do === "delete") await client.deleteObserved(ctx, ips, plan.ip);
  return DONE;
}
