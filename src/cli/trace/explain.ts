/** Why a packet is lost at a machine or between two of them, as far as the kernels' facts tell. Pure. */
import type { LinkAnswer, RouteAnswer } from "#wire/path-trace.ts";
import { type FlowName, isLink, type LegName, type Observation, sightings } from "./observed.ts";
import type { Stop } from "./plan.ts";

export interface Reason {
  readonly says: string;
  readonly hint: string;
}

/** It comes to this machine and does not leave as it should. */
export function lostInside(stop: Stop, seen: Observation, leg: LegName, flow: FlowName): Reason {
  const hint = repairHint(stop);
  const { oif = "" } = stop;
  const link = oif === "" ? undefined : linkProblem(oif, linkOf(seen, oif));
  const says =
    link ??
    natProblem(stop, seen) ??
    ruleProblem(stop, seen) ??
    routeProblem(stop, routeOf(seen, leg)) ??
    strayed(stop, seen, flow);
  return { says: `${stop.name}: ${says}`, hint };
}

function linkOf({ facts }: Observation, name: string): LinkAnswer | undefined {
  return facts.links.find((link) => isLink(link.name, name));
}

function linkProblem(name: string, link: LinkAnswer | undefined): string | undefined {
  if (link === undefined) return `there is no link ${name}`;
  return link.isUp ? undefined : `the link ${name} is down`;
}

/** Of a machine that should change addresses. */
function natProblem({ nat, before, after }: Stop, { facts }: Observation): string | undefined {
  if (before.src === after.src && before.dst === after.dst) return undefined;
  const missing = nat.find(({ table, rule }) => !facts.tables[table]?.includes(rule));
  return missing === undefined ? undefined : `its kernel does not have rule ${missing.rule} of ${missing.object}`;
}

/** The kernel prints a single address without its prefix. */
function ruleProblem({ rule, route }: Stop, { facts }: Observation): string | undefined {
  if (rule === undefined) return undefined;
  const isThere = facts.rules.some(({ dst, iif }) => dst === rule.dst && isLink(iif, rule.iif));
  if (isThere) return undefined;
  const selects = [rule.dst && `to ${rule.dst}`, rule.iif && `from ${rule.iif}`].filter(Boolean).join(" ");
  return `its kernel does not have the routing rule ${selects} of ${route}`;
}

function routeOf({ facts }: Observation, leg: LegName): RouteAnswer | undefined {
  return leg === "there" ? facts.routes[0] : facts.routes.at(-1);
}

function routeProblem({ oif, after, route }: Stop, found: RouteAnswer | undefined): string | undefined {
  if (oif === undefined || found === undefined) return undefined;
  const wanted = `the route to ${after.dst} by ${oif}${route === undefined ? "" : ` of ${route}`}`;
  if (found.error !== undefined) return `its kernel does not have ${wanted}: ${found.error}`;
  if (found.dev !== undefined && !isLink(found.dev, oif))
    return `its kernel does not have ${wanted}: the packet goes by ${found.dev}`;
  return undefined;
}

function strayed(stop: Stop, seen: Observation, flow: FlowName): string {
  const { oif, after, before } = stop;
  const [other] = sightings(seen, "left", { flow });
  if (other === undefined) return `the packet ${before.src} → ${before.dst} comes, and is not sent on`;
  if (oif !== undefined && !isLink(other.link, oif)) return `the packet leaves by ${other.link} instead of ${oif}`;
  return `the packet leaves as ${other.src} → ${other.dst} instead of ${after.src} → ${after.dst}`;
}

function repairHint({ role, name }: Stop): string {
  return role === "node"
    ? `liqo-fabric on ${name} mends it in 30 s, if it runs: its logs say what it cannot`
    : `the gateway mends it in 30 s, if it runs: kubectl logs of pod ${name}`;
}

/** It has left the one machine and does not come to the other. `from` is undefined where that could not be asked. */
export function lostBetween(
  from: { readonly stop: Stop; readonly seen: Observation } | undefined,
  to: { readonly stop: Stop; readonly seen: Observation },
  connection: string | undefined,
): Reason {
  const isTunnel = to.stop.role === "gateway" && (from?.stop.role ?? "gateway") === "gateway";
  const own = from?.stop.oif === undefined ? undefined : linkProblem(from.stop.oif, linkOf(from.seen, from.stop.oif));
  if (from !== undefined && own !== undefined)
    return { says: `${from.stop.name}: ${own}`, hint: repairHint(from.stop) };
  const { iif = "" } = to.stop;
  const other = linkProblem(iif, linkOf(to.seen, iif));
  if (other !== undefined) return { says: `${to.stop.name}: ${other}`, hint: repairHint(to.stop) };
  const says =
    from === undefined
      ? `the packet does not come to ${to.stop.name}, and what is before it could not be asked`
      : `the packet leaves ${from.stop.name} by ${from.stop.oif}, and does not come to ${to.stop.name}`;
  if (isTunnel)
    return {
      says: `${says}${connection === undefined ? "" : `; the Connection says ${connection}`}`,
      hint: "see whether UDP passes between the two gateways",
    };
  return {
    says,
    hint: "see whether UDP 6091, the overlay's, passes between the node and the gateway's pod; a neighbour or firewall of the cluster's own network may be in the way",
  };
}

/** A small packet passes there, and a full one does not. */
export function lostFull(bytes: number, at: readonly { readonly stop: Stop; readonly seen: Observation }[]): Reason {
  const links = at.flatMap(({ stop, seen }) =>
    seen.facts.links
      .filter(({ name }) => [stop.iif, stop.oif].some((each) => each !== undefined && isLink(name, each)))
      .map(({ name, mtu }) => ({ says: `${name} of ${stop.name} has MTU ${mtu}`, mtu })),
  );
  const narrow = links.filter(({ mtu }) => mtu < bytes);
  const why = (narrow.length > 0 ? narrow : links).map(({ says }) => says).join(", ");
  return {
    says: `small packets pass, those of ${bytes} bytes do not: ${why || "no link says why"}`,
    hint:
      narrow.length > 0
        ? "its agent sets the MTU of the GatewayServer or GatewayClient again, if it runs"
        : "what is below carries less than the overlay needs: lower the MTU (--mtu of liqoctl network connect)",
  };
}
