/** The way of a packet between two peered clusters, hop by hop, as far as the objects tell. */
import type { Health, PeeringItem } from "../../model/items.ts";

export interface Hop {
  readonly title: string;
  readonly says: string;
  readonly health?: Health;
}

/** From a pod of the peering's cluster to a pod of its peer. Names are the clusters'. */
export function hopsOf(peering: PeeringItem, here: string, there: string, other: PeeringItem | undefined): Hop[] {
  const toThem = peering.cidrs.find(({ what }) => what === "pod");
  const backToUs = other?.cidrs.find(({ what }) => what === "pod");
  const connection = peering.connection;
  return [
    sender(here, toThem, connection?.paths),
    { title: `Gateway of ${here}`, says: outbound(toThem) },
    {
      title: "Tunnel",
      says: tunnel(connection),
      health: connection === undefined ? "waiting" : (STATES[connection.state] ?? "bad"),
    },
    {
      title: `Gateway of ${there}`,
      says:
        backToUs === undefined
          ? "hands it to the pod's node"
          : `gives the sender an address in ${backToUs.here}${same(backToUs) ? ", its own" : ""}`,
    },
    { title: `Pod in ${there}`, says: "answers the same way back" },
  ];
}

/** The nodes of the peering's cluster measure the way as its pods have it. */
function sender(here: string, toThem: Cidr | undefined, paths: string | undefined): Hop {
  const says = toThem === undefined ? "sends to a pod" : `sends to an address in ${toThem.here}`;
  const title = `Pod in ${here}`;
  return paths === undefined ? { title, says } : { title, says: `${says}; ${paths}`, health: "bad" };
}

const STATES: { readonly [state: string]: Health } = { Connected: "good", Connecting: "waiting" };

type Cidr = PeeringItem["cidrs"][number];

function same({ theirs, here }: Cidr): boolean {
  return theirs === here;
}

function outbound(cidr: Cidr | undefined): string {
  if (cidr === undefined) return "forwards it";
  return same(cidr) ? "forwards it unchanged" : `rewrites ${cidr.here} to ${cidr.theirs}, which the peer calls its own`;
}

function tunnel(connection: PeeringItem["connection"]): string {
  if (connection === undefined) return "there is none yet";
  const parts = [
    connection.message ?? connection.state,
    ...(connection.carrier === undefined ? [] : [`carried by ${connection.carrier}`]),
    ...(connection.mtu === undefined ? [] : [`packets up to ${connection.mtu} bytes`]),
    ...(connection.endpoint === undefined ? [] : [`to ${connection.endpoint}`]),
  ];
  return parts.join(", ");
}
