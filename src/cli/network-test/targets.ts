/** What is asked, as each cluster sees it. Upstream: pkg/liqoctl/test/network/check */
import type { Node, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Configuration } from "#api/networking/configuration.ts";
import { parseCidr, remapIp } from "#base/cidr.ts";
import { isControlPlane } from "./members.ts";
import { PORT } from "./names.ts";

export type NodeChoice = "all" | "workers" | "control-planes";

/** Addresses of the pods behind a Service that are ready, each once. */
export function readyAddresses(slices: readonly EndpointSlice[]): string[] {
  const ready = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses),
  );
  return [...new Set(ready)].sort();
}

export function podUrls(addresses: readonly string[]): string[] {
  return addresses.map((address) => `http://${address}:${PORT}`);
}

/** In the order in which upstream prefers them. */
const ADDRESS_TYPES = ["ExternalDNS", "ExternalIP", "InternalDNS", "InternalIP", "Hostname"];

export function nodePortUrls(nodes: readonly Node[], choice: NodeChoice, { spec }: Service): string[] {
  const port = spec?.ports?.[0]?.nodePort;
  return nodes
    .filter((node) => choice === "all" || isControlPlane(node) === (choice === "control-planes"))
    .flatMap(({ status }) => {
      const all = status?.addresses ?? [];
      const types = ADDRESS_TYPES.filter((type) => all.some((address) => address.type === type));
      const best = all.find(({ type }) => type === types[0])?.address;
      return best === undefined || port === undefined ? [] : [`http://${best}:${port}`];
    });
}

/** The address that stands at a cluster for another's external address; undefined where its Configuration does not tell. */
export function externalAddress(address: string, { spec, status }: Configuration): string | undefined {
  const from = parseCidr(spec?.remote?.cidr?.external?.[0] ?? "");
  const to = parseCidr(status?.remote?.cidr?.external?.[0] ?? "");
  return from === undefined || to === undefined ? undefined : remapIp(address, from, to);
}
