/**
 * Gives Services of type LoadBalancer an address of the cluster's range, as a cloud provider would.
 * Kubernetes: cloud-provider/controllers/service/controller.go
 */
import type { Service } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { services } from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import type { Deps, Settings } from "../deps.ts";
import { planLoadBalancer } from "./plan.ts";

/** Of the settings only the range: the controller also runs as the cloud of genuine clusters. */
export type LoadBalancerDeps = Omit<Deps, "settings"> & { readonly settings: Pick<Settings, "loadBalancerRange"> };

// A Service may go meanwhile.
const RETRY_MS = 10_000;

interface Sources {
  readonly services: Store<Service>;
  /** By Service, also what the cache does not show yet. */
  readonly taken: Map<string, string>;
}

/** One worker: two Services never get the same address. */
export function loadBalancerController(deps: LoadBalancerDeps): Controller {
  const informer = deps.informers.for(services);
  const sources: Sources = { services: informer.store, taken: new Map() };
  return {
    name: "load-balancer",
    watches: [watchFor(informer)],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: LoadBalancerDeps, sources: Sources, key: ObjectKey): Promise<Result> {
  const { taken } = sources;
  const service = sources.services.get(key);
  const name = formatKey(key);
  if (service === undefined) {
    taken.delete(name);
    return DONE;
  }
  const plan = planLoadBalancer(service, deps.settings.loadBalancerRange, () => usedAddresses(sources));
  if (plan.do === "nothing" || plan.do === "clear") taken.delete(name);
  if (plan.do === "clear") await writeIngress(ctx, deps, key, null);
  if (plan.do === "keep" && plan.ip !== undefined) taken.set(name, plan.ip);
  if (plan.do === "assign") {
    taken.set(name, plan.ip);
    await writeIngress(ctx, deps, key, [{ ip: plan.ip, ipMode: "VIP" }]);
    deps.events.normal(ctx, service, "EnsuredLoadBalancer", "Ensured load balancer");
  }
  if (plan.do !== "wait") return DONE;
  deps.events.warning(ctx, service, "SyncLoadBalancerFailed", plan.message);
  return { requeueAfterMs: RETRY_MS };
}

function usedAddresses({ services: store, taken }: Sources): Set<string | undefined> {
  const shown = store.list().flatMap(({ status }) => (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  return new Set([...taken.values(), ...shown]);
}

async function writeIngress(
  ctx: Context,
  deps: LoadBalancerDeps,
  key: ObjectKey,
  ingress: readonly object[] | null,
): Promise<void> {
  const body = { status: { loadBalancer: { ingress } } };
  await deps.client.patch(ctx, services, key, "merge", body, { subresource: "status" });
}
