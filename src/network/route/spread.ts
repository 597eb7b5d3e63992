/**
 * Several tunnels to one peer, in objects that know of one: what comes from "the tunnel" comes from any of them, and what goes
 * to its other end goes to a group of next hops, over which the kernel spreads flows (../tunnels/nexthops.ts). Not in upstream.
 */
import type { Route, RouteRule } from "#api/networking/routeconfiguration.ts";
import { TUNNEL_LINK } from "../wireguard/addresses.ts";

export interface TunnelWays {
  /** The other end, as objects name it. */
  readonly peer: string;
  /** Interfaces of all tunnels, also of those that nothing is sent into. */
  readonly links: readonly string[];
  /** Of next hops; undefined where there is one tunnel. */
  readonly group: number | undefined;
}

export type SpreadRoute = Route & { readonly nhid?: number };
export type SpreadRule = Omit<RouteRule, "routes"> & { readonly routes: readonly SpreadRoute[] };

/** `ways`: undefined where there are no tunnels. */
export function spreadRules(rules: readonly RouteRule[], ways: TunnelWays | undefined): readonly SpreadRule[] {
  if (ways === undefined) return rules;
  return rules.flatMap((rule): SpreadRule[] => {
    const routes = rule.routes.map((route) => spreadRoute(route, ways));
    if (rule.iif !== TUNNEL_LINK) return [{ ...rule, routes }];
    return ways.links.map((iif) => ({ ...rule, iif, routes }));
  });
}

function spreadRoute(route: Route, { peer, group }: TunnelWays): SpreadRoute {
  const isForPeer = route.gw === peer && (route.dev === undefined || route.dev === TUNNEL_LINK);
  return isForPeer && group !== undefined ? { ...route, nhid: group } : route;
}
