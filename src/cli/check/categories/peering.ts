/** One peering, as this cluster sees it. What lies between wish and fact is walked as `liqoctl why` does. */
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { CertificateDetails } from "../../commands/info/certificates.ts";
import { certificatesOf, certifiedOf, firstEnd, formatEnd } from "../../commands/info/certificates.ts";
import { moduleAlerts, moduleStatus } from "../../commands/info/info.ts";
import { authentication } from "../../why/foreigncluster.ts";
import {
  configurationLinks,
  fabricLink,
  gatewayLinks,
  hasNetwork,
  pathsLink,
  tablesLink,
  tunnelLink,
} from "../../why/network.ts";
import type { PeerFacts } from "../../why/peer-facts.ts";
import { isHidden, visible } from "../../why/seen.ts";
import { offloadingChain } from "../../why/virtual-node.ts";
import { both, type Category, type Check, type Finding, failed, holds, none, ok, seen, warning } from "../check.ts";
import { isInside, ownRanges } from "../cidrs.ts";
import type { InstalledFacts } from "./liqo.ts";

export interface PeeringFacts {
  readonly cluster: InstalledFacts;
  readonly peer: PeerFacts;
}

export function peering(id: string): Category<PeeringFacts> {
  return {
    name: `peering with ${id}`,
    checks: [
      { says: "its modules are healthy", look: ({ peer }) => seen(peer.peer, judgeModules) },
      { says: "it may be asked, and ask", look: ({ peer }) => holds(authentication(peer)) },
      { says: "certificates last", look: judgeCertificates },
      {
        says: "its CIDRs have a place here",
        look: ({ peer }) => ofNetwork(peer, () => holds(configurationLinks(peer))),
      },
      {
        says: "the gateway runs, and has an address",
        look: ({ peer }) => ofNetwork(peer, () => holds(gatewayLinks(peer))),
      },
      ...gatewayAddress,
      { says: "the tunnel is connected", look: ({ peer }) => ofNetwork(peer, () => holds(tunnelLink(peer))) },
      ...tunnelDetails,
      { says: "nodes reach the gateway", look: ({ peer }) => ofNetwork(peer, () => holds(fabricLink(peer))) },
      { says: "rules and routes are applied", look: ({ peer }) => ofNetwork(peer, () => holds(tablesLink(peer))) },
      { says: "pods' packets get there and back", look: ({ peer }) => ofNetwork(peer, () => holds(pathsLink(peer))) },
      { says: "virtual nodes and their kubelets are ready", look: ({ peer }) => holds(offloadingChain(peer)) },
    ],
  };
}

/** Where none is wanted, nothing is missing. */
function ofNetwork(peer: PeerFacts, look: () => Finding | undefined): Finding | undefined {
  return hasNetwork(peer) ? look() : undefined;
}

function judgeModules(peer: ForeignCluster | undefined): Finding {
  if (peer === undefined) return failed("its ForeignCluster is gone", "see liqo-controller-manager's logs");
  const modules = Object.entries(peer.status?.modules ?? {});
  const alerts = modules.flatMap(([name, module]) => moduleAlerts(module).map((alert) => `${name}: ${alert}`));
  const found = modules.map(([name, module]) => `${name} ${moduleStatus(module)}`).join(", ");
  return none(alerts, `liqoctl why foreigncluster/${peer.metadata?.name}`, found);
}

/** Renewed when two thirds of their life are over. */
const OVERDUE = 1 / 4;

function judgeCertificates({ cluster, peer }: PeeringFacts): Finding | undefined {
  const { nowMs, liqo } = cluster;
  return seen(liqo.certified, (all) => {
    const certificates = certificatesOf(certifiedOf(all, peer.id));
    const first = firstEnd(certificates);
    if (first === undefined) return undefined;
    const hint =
      "they are renewed by themselves while both API servers answer: see the logs of liqo-controller-manager here and there";
    const told = ({ name, type, ends }: CertificateDetails): string => `${type} ${name} ends ${formatEnd(ends, nowMs)}`;
    const ended = certificates.filter(({ ends }) => Date.parse(ends) <= nowMs);
    if (ended.length > 0) return failed(ended.map(told).join("; "), hint);
    const overdue = certificates.filter(({ begins, ends }) => {
      const [beginMs, endMs] = [Date.parse(begins), Date.parse(ends)];
      return endMs - nowMs < (endMs - beginMs) * OVERDUE;
    });
    return overdue.length > 0 ? warning(overdue.map(told).join("; "), hint) : ok(formatEnd(first, nowMs));
  });
}

const gatewayAddress: readonly Check<PeeringFacts>[] = [
  {
    says: "other clusters can reach the gateway's Service",
    look: ({ peer }) =>
      seen(peer.servers, ([server]) => {
        if (server === undefined) return undefined;
        const { serviceType } = server.spec?.endpoint ?? {};
        const { addresses = [], port, ports } = server.status?.endpoint ?? {};
        // That it has none is told above.
        if (addresses.length === 0) return undefined;
        const found = `${serviceType} ${addresses.join(", ")} port ${(ports ?? [port]).join(", ")}`;
        return serviceType === "ClusterIP"
          ? warning(
              `${found}: inside of this cluster alone`,
              "liqoctl network connect --gw-server-service-type LoadBalancer or NodePort",
            )
          : ok(found);
      }),
  },
  {
    says: "the peer's gateway is outside of the CIDRs used here",
    look: ({ cluster, peer }) =>
      both(peer.clients, cluster.liqo.networks, ([client], networks) => {
        if (client === undefined) return undefined;
        const remapped = (visible(peer.configurations) ?? []).flatMap(({ status }) => [
          ...(status?.remote?.cidr?.pod ?? []),
          ...(status?.remote?.cidr?.external ?? []),
        ]);
        const ranges = [
          ...ownRanges(networks).filter(({ what }) => what !== "reserved subnet"),
          ...remapped.map((cidr) => ({ what: `CIDR for ${peer.id}`, cidr })),
        ];
        const dialled = client.spec?.endpoint?.addresses ?? [];
        const problems = dialled.flatMap((address) => {
          const found = ranges.find(({ cidr }) => isInside(address, cidr));
          return found === undefined ? [] : [`${address} is in the ${found.what} ${found.cidr}`];
        });
        return none(
          problems,
          "the tunnel's packets would go to pods here: give the gateway server another address",
          dialled.join(", "),
        );
      }),
  },
];

const tunnelDetails: readonly Check<PeeringFacts>[] = [
  {
    says: "the tunnel carries packets as large as configured",
    look: ({ peer }) =>
      seen(peer.connections, ([connection]) => {
        const { value, origin } = connection?.status?.mtu ?? {};
        if (value === undefined) return undefined;
        const configured = [visible(peer.servers)?.[0]?.spec?.mtu, visible(peer.clients)?.[0]?.spec?.mtu].find(
          (mtu) => mtu !== undefined,
        );
        if (origin === "Configured") return ok(`${value}; the peer answers no measurement`);
        if (configured === undefined || value >= configured) return ok(`${value}, measured`);
        return warning(
          `${value} is what arrives, ${configured} is configured`,
          "something between the gateways has a smaller MTU; the tunnel follows it by itself",
        );
      }),
  },
  {
    says: "all tunnels are connected",
    look: ({ peer }) =>
      seen(peer.connections, ([connection]) => {
        const all = connection?.status?.tunnels ?? [];
        if (all.length === 0) return undefined;
        const down = all.filter(({ value }) => value !== "Connected");
        const list = down.map(
          ({ port, value, message }) => `port ${port}: ${value}${message === undefined ? "" : `, ${message}`}`,
        );
        return list.length === 0
          ? ok(`${all.length}`)
          : warning(list.join("; "), "see whether UDP passes to these ports");
      }),
  },
  {
    says: "WireGuard is there",
    look: ({ peer }) =>
      isHidden(peer.connections) ? undefined : judgeDriver(peer.connections[0]?.metadata?.annotations),
  },
];

/** As the gateway says; upstream's says nothing. */
function judgeDriver(annotations: Readonly<Record<string, string>> | undefined): Finding | undefined {
  const driver = annotations?.["networking.liqo.io/wireguard-implementation"];
  return driver === undefined ? undefined : ok(driver);
}
