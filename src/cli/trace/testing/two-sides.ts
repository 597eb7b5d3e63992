/** Two peered clusters as their objects describe them, and machines that have seen every packet of a trace. */
import type { Configuration } from "#api/networking/configuration.ts";
import type { InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { forgeMasqueradeBypass, forgeRemapFirewall } from "#forge/networking/firewall.ts";
import { forgeGatewayRoutes, forgeNodeRoutes, forgePodRoutes } from "#forge/networking/routes.ts";
import type { Sighting } from "#wire/path-trace.ts";
import type { Traced } from "../chain.ts";
import type { End, Goal } from "../ends.ts";
import { type LegName, mirrored, type Observation } from "../observed.ts";
import { isStop, type Legs, planLegs, type Sides, type Stop } from "../plan.ts";
import type { SideName, SideObjects } from "../sides.ts";

const POD_CIDR = "10.244.0.0/16";
const SEEN_CIDR = "10.245.0.0/16";
const NEAR: End = {
  side: "home",
  name: "near",
  node: "node-1",
  own: "10.244.0.4",
  seen: "10.245.0.4",
  labels: {},
};
const FAR: End = {
  side: "away",
  name: "far",
  node: "node-2",
  own: "10.244.1.3",
  seen: "10.245.1.3",
  labels: {},
};
const GOAL: Goal = { port: 80, isMeant: true };
const SPORT = 62_000;
const FULL_BYTES = 1340;

export function sideOf(side: SideName): SideObjects {
  const [id, peer] = side === "home" ? ["milan", "rome"] : ["rome", "milan"];
  const end = side === "home" ? NEAR : FAR;
  const namespace = `liqo-tenant-${peer}`;
  const configuration: Configuration = {
    metadata: { name: peer, namespace, uid: peer },
    spec: {
      local: { cidr: { pod: [POD_CIDR], external: ["10.70.0.0/16"] } },
      remote: { cidr: { pod: [POD_CIDR], external: ["10.70.0.0/16"] } },
    },
    status: { remote: { cidr: { pod: [SEEN_CIDR], external: ["10.71.0.0/16"] } } },
  } as unknown as Configuration;
  const fabric: InternalFabric = {
    metadata: { name: peer, namespace, uid: peer },
    spec: {
      gatewayIP: "10.244.0.3",
      interface: { gateway: { ip: "10.80.0.9" }, node: { name: `liqo.to-${peer}` } },
      remoteCIDRs: [SEEN_CIDR],
    },
  };
  const nodes: InternalNode[] = ["node-1", "node-2"].map((name, i) => ({
    metadata: { name, uid: name },
    spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip: `10.80.0.${i + 1}` } } },
  }));
  const pod = { ip: end.own, name: end.name, namespace: "shop", uid: end.name };
  return {
    ...{ id, peer, configuration, fabric, nodes, tunnels: [], fabrics: [], policies: [] },
    connection: {
      metadata: { name: `gw-${peer}` },
      status: { value: "Connected", latency: { value: "1ms" } },
    } as never,
    connectionState: "Connected",
    routes: [
      forgeNodeRoutes(fabric),
      forgeGatewayRoutes(configuration, nodes, side === "home" ? "Client" : "Server"),
      ...nodes.map((node) => forgePodRoutes(node, "liqo", node.metadata?.name === end.node ? [pod] : [])),
    ],
    firewalls: [forgeRemapFirewall(configuration, "pod"), forgeMasqueradeBypass(configuration, false)],
    gateway: { metadata: { name: `gw-${peer}`, namespace }, spec: { nodeName: "node-1", containers: [] } },
  };
}

export const SIDES: Sides = { home: sideOf("home"), away: sideOf("away") };

/** A trace on which nothing is lost. */
export function wholeTrace(sides: Sides = SIDES): Traced {
  const legs = planLegs(sides, NEAR, FAR, GOAL, SPORT);
  return {
    ...{ sides, from: NEAR, to: FAR, goal: GOAL, legs },
    observed: {
      machines: ([0, 1, 2, 3] as const).map((at) => observationOf(legs, at)),
      probe: { connected: "open", says: "connected", ms: 2 },
      fullBytes: FULL_BYTES,
      hasFull: { there: true, back: true },
    },
    policies: { egress: undefined, ingress: undefined },
  };
}

function observationOf(legs: Legs, at: number): Observation {
  const stops = [legs.there[at], legs.back[mirrored(at)]].filter(
    (step): step is Stop => step !== undefined && isStop(step),
  );
  const links = [...new Set(stops.flatMap(({ iif, oif }) => [iif, oif].filter((link) => link !== undefined)))];
  return {
    facts: {
      routes: stops.map(({ oif }) => ({ dev: oif ?? "cni0" })),
      links: links.map((name) => ({ name, isUp: true, mtu: FULL_BYTES })),
      rules: stops.flatMap(({ rule }) => (rule === undefined ? [] : [{ ...rule, fwmark: "" }])),
      tables: Object.fromEntries(stops.flatMap(({ nat }) => nat.map(({ table, rule }) => [table, [rule]] as const))),
    },
    seen: stops.flatMap((stop, i) => seenBy(stop, i === 0 ? "there" : "back")),
  };
}

function seenBy({ iif, oif, before, after }: Stop, leg: LegName): Sighting[] {
  const flows = leg === "there" ? ["ask", "full"] : ["answer", "return"];
  return flows.flatMap((flow, i): Sighting[] => {
    const length = i === 0 ? 60 : FULL_BYTES;
    return [
      { flow, way: "arrived", link: iif ?? "cni0", src: before.src, dst: before.dst, length },
      { flow, way: "left", link: oif ?? "cni0", src: after.src, dst: after.dst, length },
    ];
  });
}
