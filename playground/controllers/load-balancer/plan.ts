/** What a Service needs of the load balancer. Kubernetes: cloud-provider/controllers/service/controller.go */
import type { Service } from "kubernetes-types/core/v1";
import { formatIpv4, parseIpv4 } from "#base/cidr.ts";

export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

export type LoadBalancerPlan =
  | { readonly do: "nothing" }
  /** It is no load balancer any more. */
  | { readonly do: "clear" }
  /** It has this address, or none and cannot have one. */
  | { readonly do: "keep"; readonly ip: string | undefined }
  | { readonly do: "assign"; readonly ip: string }
  | { readonly do: "wait"; readonly message: string };

/** `used` is asked only where an address is needed. */
export function planLoadBalancer(
  service: Service,
  range: AddressRange | undefined,
  used: () => ReadonlySet<string | undefined>,
): LoadBalancerPlan {
  const ip = service.status?.loadBalancer?.ingress?.[0]?.ip;
  const hasAddress = (service.status?.loadBalancer?.ingress ?? []).length > 0;
  if (!isOurs(service)) return { do: hasAddress && service.spec?.type !== "LoadBalancer" ? "clear" : "nothing" };
  if (range === undefined || hasAddress) return { do: "keep", ip };
  const chosen = chooseAddress(range, used(), service.spec?.loadBalancerIP);
  if (chosen === undefined) return { do: "wait", message: `no free address in ${range.first}-${range.last}` };
  return { do: "assign", ip: chosen };
}

function isOurs({ spec, metadata }: Service): boolean {
  return (
    spec?.type === "LoadBalancer" && spec.loadBalancerClass === undefined && metadata?.deletionTimestamp === undefined
  );
}

/** The wanted address if it is in the range and free, otherwise the first free one. */
export function chooseAddress(
  range: AddressRange,
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
