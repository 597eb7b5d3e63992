/** What is asked of each machine on the way, and what is looked for in its answers. Pure. */
import type { Connected, Facts, Flow, RouteQuestion, Sighting } from "#wire/path-trace.ts";
import type { Seen } from "../why/seen.ts";
import { isStop, type Legs, type Step, type Stop } from "./plan.ts";

/** Of one trace; nothing else has them. */
export interface Ports {
  readonly ask: number;
  readonly service: number;
  readonly datagrams: number;
  readonly full: number;
  readonly fullBack: number;
}

export const FLOWS = ["ask", "answer", "service", "full", "return"] as const;
export type FlowName = (typeof FLOWS)[number];

export function flowsOf(ports: Ports): Flow[] {
  return [
    { name: "ask", proto: "tcp", end: "sport", port: ports.ask },
    { name: "answer", proto: "tcp", end: "dport", port: ports.ask },
    { name: "service", proto: "tcp", end: "sport", port: ports.service },
    { name: "full", proto: "udp", end: "dport", port: ports.full },
    { name: "return", proto: "udp", end: "dport", port: ports.fullBack },
  ];
}

export interface Observation {
  readonly facts: Facts;
  readonly seen: readonly Sighting[];
}

/** Of the four machines, in the order of the way there. */
export interface Observed {
  readonly machines: readonly Seen<Observation>[];
  /** How the connection went; undefined: none could be made. */
  readonly probe: (Connected & { readonly ms: number }) | undefined;
  readonly serviceProbe?: Connected;
  /** Length of a full packet. */
  readonly fullBytes: number;
  /** Whether any was sent, on each leg. */
  readonly hasFull: Readonly<Record<LegName, boolean>>;
}

/** Where in `legs.back` the machine is that is at `at` in `legs.there`. */
export function mirrored(at: number): number {
  return 3 - at;
}

export interface Questions {
  readonly routes: readonly RouteQuestion[];
  readonly links: readonly string[];
  readonly tables: readonly string[];
}

/** Routes: there first, then back, as far as they are known. */
export function questionsFor({ there, back }: Legs, at: number): Questions {
  const stops = [there[at], back[mirrored(at)]].filter((step): step is Stop => step !== undefined && isStop(step));
  return {
    routes: stops.map(routeQuestion),
    links: [...new Set(stops.flatMap(({ iif, oif }) => [iif, oif].filter((link) => link !== undefined)))],
    tables: [...new Set(stops.flatMap(({ nat }) => nat.map(({ table }) => table)))],
  };
}

/** By its true destination: that is what is routed. */
function routeQuestion({ before, after, iif }: Stop): RouteQuestion {
  return { to: after.dst, from: before.src, ...(iif !== undefined && { iif }) };
}

export type LegName = "there" | "back";

/** One machine on one leg. */
export interface View {
  readonly leg: LegName;
  readonly step: Step;
  readonly observation: Seen<Observation>;
}

export function viewsOf(legs: Legs, leg: LegName, { machines }: Observed): View[] {
  return legs[leg].map((step, at) => ({
    leg,
    step,
    observation: machines[leg === "there" ? at : mirrored(at)] ?? { hidden: "nobody looked" },
  }));
}

const TUNNEL = "liqo-tunnel";

export function isLink(found: string, wanted: string): boolean {
  return wanted === TUNNEL ? found.startsWith(TUNNEL) : found === wanted;
}

export interface Wanted {
  readonly flow: FlowName;
  readonly link?: string | undefined;
  readonly src?: string;
  readonly dst?: string;
  /** At least so long. */
  readonly bytes?: number;
}

export function sightings(
  { seen }: Observation,
  way: "arrived" | "left",
  { flow, link, src, dst, bytes }: Wanted,
): Sighting[] {
  return seen.filter(
    (each) =>
      each.flow === flow &&
      each.way === way &&
      (link === undefined || isLink(each.link, link)) &&
      (src === undefined || each.src === src) &&
      (dst === undefined || each.dst === dst) &&
      (bytes === undefined || each.length >= bytes),
  );
}
