/** One Service of the shop with its endpoints, and the rules that they make on node n1. */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type RulesetOptions, type ServiceUnit, serviceUnit } from "../ruleset.ts";
import { serviceRules } from "../state.ts";

export const options: RulesetOptions = { podCidr: "10.244.0.0/16", nodeAddresses: ["198.18.1.10"] };

export function service(spec: Service["spec"], status: Service["status"] = {}): Service {
  const metadata = { namespace: "shop", name: "cart" };
  return { metadata, spec: { clusterIP: "10.96.0.20", ports: [{ port: 80, protocol: "TCP" }], ...spec }, status };
}

export function slice(endpoints: EndpointSlice["endpoints"], protocol = "TCP"): EndpointSlice {
  return {
    metadata: { namespace: "shop", name: "cart-1", labels: { "kubernetes.io/service-name": "cart" } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol }],
    endpoints,
  };
}

export const here = { addresses: ["10.244.0.5"], nodeName: "n1", conditions: { ready: true } };
export const there = { addresses: ["10.244.1.5"], nodeName: "n2", conditions: { ready: true } };
export const leaving = {
  addresses: ["10.244.1.9"],
  nodeName: "n2",
  conditions: { ready: false, serving: true, terminating: true },
};

export function units(services: Service[], slices: EndpointSlice[]): Map<string, ServiceUnit> {
  return new Map(serviceRules(services, slices, "n1").map((rules) => [rules.key, serviceUnit(rules, options)]));
}
