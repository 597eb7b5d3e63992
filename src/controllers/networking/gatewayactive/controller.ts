/**
 * Labels the gateway pod in charge, by which Service and fabric find it: the holder of the gateway's Lease. Writes that label
 * of Pods. Upstream's gateways label themselves (pkg/gateway/concurrent), for which each may change every pod of its namespace.
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { GATEWAY_SELECTOR } from "#forge/networking/names.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { leases, pods } from "#machinery/builtin.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { planActive } from "./plan.ts";

const SELECTOR = { labelSelector: GATEWAY_SELECTOR };

interface Work {
  readonly deps: Deps;
  readonly pods: Informer<Pod>;
  readonly leases: Informer<Lease>;
}

export function gatewayActiveController(deps: Deps): Controller {
  const work: Work = { deps, pods: deps.informers.for(pods, SELECTOR), leases: deps.informers.for(leases, SELECTOR) };
  return {
    name: "gateway-active",
    watches: [watchMapped(work.pods, gatewayOf), watchMapped(work.leases, gatewayOf)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

function gatewayOf({ metadata }: KubeObject): ObjectKey[] {
  const name = metadata?.labels?.[labels.GATEWAY_NAME];
  return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { namespace } = key;
  for (const { pod, isActive } of planActive(key, work.leases.store.list(namespace), work.pods.store.list(namespace))) {
    const own = { [labels.GATEWAY_ACTIVE]: isActive ? "true" : null };
    const body = { metadata: { uid: pod.metadata?.uid, labels: own } };
    await work.deps.client.patch(ctx, pods, keyOf(pod), "merge", body).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  return DONE;
}
