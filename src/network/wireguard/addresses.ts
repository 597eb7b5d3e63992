/** Interfaces of the tunnels of one peering, and the addresses of their ends. Upstream: pkg/gateway/tunnel/netlink.go */

/** Of the first, by which objects name all of them. */
export const TUNNEL_LINK = "liqo-tunnel";
/** As nftables matches it: whichever of them it is. */
export const TUNNEL_LINKS = `${TUNNEL_LINK}*`;

export interface TunnelAddresses {
  readonly own: string;
  readonly peer: string;
}

export function tunnelLink(index: number): string {
  return index === 0 ? TUNNEL_LINK : `${TUNNEL_LINK}${index}`;
}

/** Each has a network of four addresses. */
export function tunnelAddresses(mode: "server" | "client", index = 0): TunnelAddresses {
  const [server, client] = [1, 2].map((end) => `169.254.18.${4 * index + end}`) as [string, string];
  return mode === "server" ? { own: server, peer: client } : { own: client, peer: server };
}
