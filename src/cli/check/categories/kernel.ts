/** What nodes' kernels do for the network, as liqo-fabric and gateways see it. */
import { isHidden } from "../../why/seen.ts";
import { both, type Category, none, ok, seen, warning } from "../check.ts";
import type { KernelLink, Machine } from "../facts.ts";
import type { InstalledFacts } from "./liqo.ts";

/** VXLAN and Geneve without options, over IPv4: 14 + 20 + 8 + 8. */
const OVERLAY_BYTES = 50;
const LINK = "liqo.";

export const kernel: Category<InstalledFacts> = {
  name: "kernel",
  checks: [
    {
      says: "nodes have nftables",
      look: ({ liqo }) =>
        each(liqo, ({ tables }) => (isHidden(tables) ? tables.hidden : undefined), "load nf_tables there"),
    },
    {
      says: "nodes forward packets",
      look: ({ liqo }) =>
        each(
          liqo,
          ({ forwards }) => (forwards === false ? "net.ipv4.ip_forward is 0" : undefined),
          "sysctl -w net.ipv4.ip_forward=1; something on the node sets it back",
        ),
    },
    {
      says: "nodes reach gateways over an overlay",
      look: ({ liqo }) => {
        if (liqo.peerings.every(({ fabrics }) => isHidden(fabrics) || fabrics.length === 0)) return undefined;
        return seen(liqo.machines, (all) => {
          if (all.length === 0) return undefined;
          const kinds = all.flatMap(({ links }) => (isHidden(links) ? [] : links.filter(isOverlay)));
          const without = all.filter(({ links }) => !isHidden(links) && !links.some(isOverlay));
          if (without.length > 0)
            return none(
              without.map(({ node }) => `${node} has no link of Liqo's`),
              "kubectl logs -n liqo -l app.kubernetes.io/name=fabric",
            );
          return ok([...new Set(kinds.map(({ kind }) => kind))].join(", "));
        });
      },
    },
    {
      says: "nodes' MTU has room for the overlay",
      look: ({ liqo }) =>
        both(liqo.machines, tunnelMtu(liqo), (all, tunnel) => {
          if (tunnel === undefined || all.length === 0) return undefined;
          const narrow = all.flatMap(({ node, links }) => {
            const mtu = isHidden(links) ? undefined : outside(links)?.mtu;
            return mtu !== undefined && mtu < tunnel + OVERLAY_BYTES ? [`${node} has ${mtu}`] : [];
          });
          if (narrow.length === 0) return ok(`the tunnel's ${tunnel} bytes and ${OVERLAY_BYTES}`);
          return warning(
            `${narrow.join(", ")}: less than the tunnel's ${tunnel} and ${OVERLAY_BYTES} of the overlay, so packets are cut up`,
            "liqoctl network connect --mtu with less, or raise the nodes' MTU",
          );
        }),
    },
  ],
};

function each({ machines }: InstalledFacts["liqo"], problem: (machine: Machine) => string | undefined, hint: string) {
  return seen(machines, (all) => {
    if (all.length === 0) return undefined;
    const wrong = all.flatMap((machine) => {
      const found = problem(machine);
      return found === undefined ? [] : [`${machine.node}: ${found}`];
    });
    return none(wrong, hint, all.map(({ node }) => node).join(", "));
  });
}

function isOverlay({ name }: KernelLink): boolean {
  return name.startsWith(LINK);
}

/** The link that nodes talk to each other by: of those that lead out the one with the most room. */
function outside(links: readonly KernelLink[]): KernelLink | undefined {
  const [first] = links
    .filter(
      ({ name, kind }) => name !== "lo" && !isOverlay({ name, kind, mtu: 0 }) && /^(eth|en|bond|wlan|ib)/.test(name),
    )
    .toSorted((a, b) => b.mtu - a.mtu);
  return first;
}

/** The largest of all peerings. */
function tunnelMtu({ peerings }: InstalledFacts["liqo"]): number | undefined {
  const all = peerings.flatMap(({ connections }) =>
    isHidden(connections) ? [] : connections.flatMap(({ status }) => status?.mtu?.value ?? []),
  );
  return all.length === 0 ? undefined : Math.max(...all);
}
