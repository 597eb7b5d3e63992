/** Gives Services of type LoadBalancer an address of the cluster's range, as a cloud provider would. */
import type { Service } from "kubernetes-types/core/v1";
import { formatIpv4, parseIpv4 } from "#base/cidr.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { services } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import type { Deps, Settings } from "../deps.ts";

/** Of the settings only the range: the controller also runs as the cloud of genuine clusters. */
export type LoadBalancerDeps = Omit<Deps, "settings"> & { readonly settings: Pick<Settings, "loadBalancerRange"> };

/** One worker: two Services never get the same address. */
export function loadBalancerController(deps: LoadBalancerDeps): Controller {
  const informer = deps.informers.for(services);
  const taken = new Map<string, string>();
  return {
    name: "load-balancer",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key): Promise<Result> => {
      const service = informer.store.get(key);
      const name = `${key.namespace}/${key.name}`;
      const range = deps.settings.loadBalancerRange;
      if (service === undefined || !isOurs(service)) {
        taken.delete(name);
        if (service !== undefined && hasAddress(service) && service.spec?.type !== "LoadBalancer") {
          await deps.client.patch(
            ctx,
            services,
            key,
            "merge",
            { status: { loadBalancer: { ingress: null } } },
            { subresource: "status" },
          );
        }
        return DONE;
      }
      if (range === undefined || hasAddress(service)) {
        const ip = service.status?.loadBalancer?.ingress?.[0]?.ip;
        if (ip !== undefined) taken.set(name, ip);
        return DONE;
      }
      const used = new Set([
        ...taken.values(),
        ...informer.store.list().flatMap((s) => (s.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip)),
      ]);
      const ip = chooseAddress(range, used, service.spec?.loadBalancerIP);
      if (ip === undefined) {
        deps.events.warning(ctx, service, "SyncLoadBalancerFailed", `no free address in ${range.first}-${range.last}`);
        return { requeueAfterMs: 10_000 };
      }
      taken.set(name, ip);
      const ingress = [{ ip, ipMode: "VIP" }];
      await deps.client.patch(
        ctx,
        services,
        keyOf(service),
        "merge",
        { status: { loadBalancer: { ingress } } },
        { subresource: "status" },
      );
      deps.events.normal(ctx, service, "EnsuredLoadBalancer", "Ensured load balancer");
      return DONE;
    },
  };
}

function isOurs({ spec, metadata }: Service): boolean {
  return (
    spec?.type === "LoadBalancer" && spec.loadBalancerClass === undefined && metadata?.deletionTimestamp === undefined
  );
}

function hasAddress({ status }: Service): boolean {
  return (status?.loadBalancer?.ingress ?? []).length > 0;
}

/** The wanted address if it is in the range and free, otherwise the first free one. */
export function chooseAddress(
  range: { readonly first: string; readonly last: string },
  used: ReadonlySet<string | undefined>,
  wanted?: string,
): string | undefined {
  const first = parseIpv4(range.first) ?? 0;
  const last = parseIpv4(range.last) ?? -1;
  if (wanted !== undefined && wanted !== "") {
    const value = parseIpv4(wanted);
    return value !== undefined && value >= first && value <= last && !used.has(wanted) ? wanted : undefined;
  }
  for (let value = first; value <= last; value++) if (!used.has(formatIpv4(value))) return formatIpv4(value);
  return undefined;
}
