/** The CIDRs of one cluster, which must not be in each other's way. Those of two clusters may: they are remapped. */
import type { Service } from "kubernetes-types/core/v1";
import { isVirtualNode } from "#api/predicates.ts";
import { isHidden } from "../../why/seen.ts";
import { both, type Category, none, ok, seen, warning } from "../check.ts";
import { doOverlap, holds, isInside, nodeAddresses, ownRanges, type Range } from "../cidrs.ts";
import type { ClusterFacts } from "../facts.ts";
import type { InstalledFacts } from "./liqo.ts";

const INSTALL = "liqoctl uninstall, then liqoctl install with the CIDRs that the cluster was made with";

export const loadBalancers: Category<ClusterFacts> = {
  name: "ports",
  checks: [
    {
      says: "load balancers get addresses",
      look: ({ services }) =>
        seen(services, (all) => {
          const own = all.filter(({ spec }) => spec?.type === "LoadBalancer");
          const waiting = own.filter(({ status }) => (status?.loadBalancer?.ingress ?? []).length === 0);
          if (own.length === 0) return undefined;
          if (waiting.length < own.length) return ok(`${own.length - waiting.length} of ${own.length}`);
          return warning(
            `none of ${own.length} has one: ${keyOf(waiting[0])}`,
            "liqoctl peer --gw-server-service-type NodePort, where the cluster has no load balancer",
          );
        }),
    },
  ],
};

function keyOf(service: Service | undefined): string {
  return `${service?.metadata?.namespace}/${service?.metadata?.name}`;
}

/** Before Liqo is there. */
export const plainAddresses: Category<ClusterFacts> = {
  name: "addresses",
  checks: [
    {
      says: "no node is inside of the pods' CIDRs",
      look: ({ nodes }) =>
        seen(nodes, (all) => {
          const ranges = all.flatMap(({ spec }) =>
            (spec?.podCIDRs ?? []).map((cidr) => ({ what: "pod CIDR", cidr }) satisfies Range),
          );
          return none(inside(all, ranges), "packets for that node go to pods: give nodes or pods another range");
        }),
    },
  ],
};

function inside(nodes: Parameters<typeof nodeAddresses>[0], ranges: readonly Range[]): string[] {
  return nodeAddresses(nodes).flatMap(({ node, address }) => {
    const found = ranges.find(({ cidr }) => isInside(address, cidr));
    return found === undefined ? [] : [`${node} has ${address}, in the ${found.what} ${found.cidr}`];
  });
}

export const addresses: Category<InstalledFacts> = {
  name: "addresses",
  checks: [
    {
      says: "every CIDR has its place",
      look: ({ liqo }) =>
        seen(liqo.networks, (all) => {
          const without = all
            .filter(({ status }) => status?.cidr === undefined)
            .map(({ metadata, spec }) => `Network ${metadata?.namespace}/${metadata?.name} wants ${spec?.cidr}`);
          return none(
            without,
            "kubectl get events -A --field-selector involvedObject.kind=Network",
            told(ownRanges(all)),
          );
        }),
    },
    {
      says: "its own CIDRs do not overlap",
      look: ({ liqo }) =>
        seen(liqo.networks, (all) => {
          const ranges = ownRanges(all).filter(({ what }) => what !== "reserved subnet");
          const overlapping = ranges.flatMap((a, i) =>
            ranges
              .slice(i + 1)
              .filter((b) => doOverlap(a.cidr, b.cidr))
              .map((b) => `${a.what} ${a.cidr} and ${b.what} ${b.cidr}`),
          );
          return none(overlapping, INSTALL);
        }),
    },
    {
      says: "pods are in the pod CIDR that Liqo was told",
      look: ({ liqo, nodes }) =>
        both(liqo.networks, nodes, (networks, all) => {
          const cidr = ownRanges(networks).find(({ what }) => what === "pod CIDR")?.cidr;
          if (cidr === undefined) return undefined;
          const stray = all
            .filter((node) => !isVirtualNode(node))
            .flatMap(({ metadata, spec }) =>
              (spec?.podCIDRs ?? [])
                .filter((own) => !own.includes(":") && !holds(cidr, own))
                .map((own) => `pods of ${metadata?.name} have ${own}, and Liqo knows ${cidr}`),
            );
          return none(stray, INSTALL);
        }),
    },
    {
      says: "Services are in the Service CIDR that Liqo was told",
      look: ({ liqo, services }) =>
        both(liqo.networks, services, (networks, all) => {
          const cidr = ownRanges(networks).find(({ what }) => what === "Service CIDR")?.cidr;
          if (cidr === undefined) return undefined;
          const stray = all
            .filter(({ spec }) => isIpv4(spec?.clusterIP) && !isInside(spec?.clusterIP, cidr))
            .map((service) => `${keyOf(service)} has ${service.spec?.clusterIP}, and Liqo knows ${cidr}`);
          return none(stray.slice(0, 1), INSTALL);
        }),
    },
    {
      says: "no node is inside of its own or a peer's CIDRs",
      look: ({ liqo, nodes }) =>
        both(liqo.networks, nodes, (networks, all) => {
          const ranges = [...ownRanges(networks).filter(({ what }) => what !== "reserved subnet"), ...ofPeers(liqo)];
          return none(
            inside(all, ranges),
            "packets for that node go to pods: give it another address, or reserve its subnet before peering (ipam.reservedSubnets)",
          );
        }),
    },
  ],
};

function told(ranges: readonly Range[]): string {
  return ranges.map(({ what, cidr }) => `${what} ${cidr}`).join(", ");
}

function isIpv4(text: string | undefined): boolean {
  return isInside(text, "0.0.0.0/0");
}

/** Where this cluster sees them. */
function ofPeers({ peerings }: InstalledFacts["liqo"]): Range[] {
  return peerings.flatMap(({ id, configurations }) =>
    isHidden(configurations)
      ? []
      : configurations.flatMap(({ status }) =>
          [...(status?.remote?.cidr?.pod ?? []), ...(status?.remote?.cidr?.external ?? [])].map((cidr) => ({
            what: `CIDR for ${id}`,
            cidr,
          })),
        ),
  );
}
