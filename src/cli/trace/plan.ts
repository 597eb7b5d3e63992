/**
 * The path that the objects of both clusters describe: which machine takes a packet whereto, and what it makes of its
 * addresses. Pure. docs/architecture.md, "Path of a packet"
 */
import type { NatRule } from "#api/networking/firewallconfiguration.ts";
import { messageOf } from "#base/errors.ts";
import { TUNNEL_INTERFACE } from "#forge/networking/names.ts";
import { type Hop, Machine, type Packet, type Passed, reversed } from "#forge/networking/packet-walk.ts";
import { FIREWALL_LABELS, isSelected, type Place, ROUTE_LABELS } from "#forge/networking/selection.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isHidden, type Seen } from "../why/seen.ts";
import type { End, Goal } from "./ends.ts";
import type { SideName, SideObjects } from "./sides.ts";

export type Role = "node" | "gateway";

/** One machine on the way. */
export interface Stop {
  readonly side: SideName;
  readonly role: Role;
  /** Of its cluster and the node, or the gateway's pod: `rome/worker-node-1`. */
  readonly name: string;
  /** By which link it comes; undefined: from the pod. */
  readonly iif: string | undefined;
  /** By which it leaves; undefined: to the pod. */
  readonly oif: string | undefined;
  readonly before: Packet;
  readonly after: Packet;
  /** What says so: `RouteConfiguration rome-node-gw`. */
  readonly route?: string;
  /** Rules that have changed an address: `rome-outgoing-… of FirewallConfiguration rome-remap-podcidr`. */
  readonly nat: readonly NatName[];
  /** Routing rules that lead there, as the kernel shows them. */
  readonly rule?: { readonly dst: string; readonly iif: string };
}

export interface NatName {
  readonly rule: string;
  readonly object: string;
  readonly table: string;
}

/** A stop, or why it is not known. */
export type Step = Stop | Unknown | Wrong;

export interface Unknown {
  readonly side: SideName;
  readonly role: Role;
  readonly hidden: string;
}

/** The objects lead nowhere, or to somebody else. */
export interface Wrong {
  readonly side: SideName;
  readonly role: Role;
  readonly name: string;
  readonly problem: string;
  readonly hint: string;
}

export interface Legs {
  readonly there: readonly Step[];
  readonly back: readonly Step[];
}

export type Sides = Readonly<Record<SideName, Seen<SideObjects>>>;

/** `sport`: of the probe. */
export function planLegs(sides: Sides, from: End, to: End, { port }: Goal, sport: number): Legs {
  const walk = new Walk(sides, from, to);
  const first = { src: from.own, dst: to.seen ?? to.own, sport, dport: port };
  const there = walk.leg(from, to, first);
  const last = there.at(-1);
  const arrived = last !== undefined && isStop(last) ? last.after : undefined;
  const answer = reversed(arrived ?? { ...first, src: from.seen ?? from.own, dst: to.own });
  return { there, back: there.some(isWrong) ? [] : walk.leg(to, from, answer) };
}

export function isStop(step: Step): step is Stop {
  return "before" in step;
}

export function isWrong(step: Step): step is Wrong {
  return "problem" in step;
}

class Walk {
  readonly #sides: Sides;
  readonly #ends: readonly [End, End];
  /** They remember connections: the answer is translated back. */
  readonly #machines = new Map<string, Machine>();

  constructor(sides: Sides, from: End, to: End) {
    this.#sides = sides;
    this.#ends = [from, to];
  }

  leg(from: End, to: End, packet: Packet): Step[] {
    const steps: Step[] = [];
    let now = packet;
    for (const [end, role] of [
      [from, "node"],
      [from, "gateway"],
      [to, "gateway"],
      [to, "node"],
    ] as const) {
      const step = this.#step(end, role, end === from, now, to);
      steps.push(step);
      if (isWrong(step)) break;
      now = isStop(step) ? step.after : this.#guess(end, role, now, from, to);
    }
    return steps;
  }

  /** What a cluster that could not be asked makes of the packet. */
  #guess({ side }: End, role: Role, packet: Packet, from: End, to: End): Packet {
    if (role !== "gateway") return packet;
    return side === from.side ? { ...packet, dst: to.own } : { ...packet, src: from.seen ?? packet.src };
  }

  #step({ side, node }: End, role: Role, isLeaving: boolean, packet: Packet, to: End): Step {
    const objects = this.#sides[side];
    if (isHidden(objects)) return { side, role, hidden: objects.hidden };
    if (node === undefined) return { side, role, hidden: "the pod's node is not known" };
    const { fabric, gateway, peer, id } = objects;
    const wrong = (name: string, problem: string, hint: string): Wrong => ({ side, role, name, problem, hint });
    const again = `liqoctl why foreigncluster/${peer}`;
    if (fabric === undefined) return wrong("", `there is no InternalFabric for ${peer}`, again);
    const internal = objects.nodes.find(({ metadata }) => metadata?.name === node);
    if (internal === undefined) return wrong(node, `there is no InternalNode ${node}`, again);
    if (gateway === undefined) return wrong("", `no gateway for ${peer} runs`, again);
    const name = `${id}/${role === "node" ? node : gateway.metadata?.name}`;
    const nodeLink = fabric.spec?.interface.node.name ?? "";
    const gatewayLink = internal.spec?.interface.gateway.name ?? "";
    const [inner, outer] = role === "node" ? [undefined, nodeLink] : [gatewayLink, TUNNEL_INTERFACE];
    const [iif, oif] = isLeaving ? [inner, outer] : [outer, inner];
    try {
      const passed = this.#machine(objects, role, node, name).pass(packet, iif ?? "pod");
      const found = passed.to === "local" ? undefined : passed.to.dev;
      if (found !== oif)
        return wrong(name, `the objects lead ${packet.src} → ${passed.packet.dst} ${by(found)}, not ${by(oif)}`, again);
      const stop = {
        side,
        role,
        name,
        iif,
        oif,
        before: packet,
        after: passed.packet,
        ...this.#names(objects, passed),
      };
      const isMisled = role === "gateway" && isLeaving && passed.packet.dst !== to.own;
      if (!isMisled) return stop;
      return wrong(
        name,
        `destination ${packet.dst} → ${passed.packet.dst}${saidBy(stop)}, but ${to.name} is ${to.own} there`,
        `compare the CIDRs of Configuration ${objects.configuration?.metadata?.name} at ${id} with those of ${peer}: liqoctl network connect writes them`,
      );
    } catch (error) {
      return wrong(name, `the objects lead nowhere: ${messageOf(error)}`, again);
    }
  }

  #machine(objects: SideObjects, role: Role, nodeName: string, name: string): Machine {
    const key = `${objects.id}/${role}`;
    const known = this.#machines.get(key);
    if (known !== undefined) return known;
    const { peer, gateway } = objects;
    const place: Place =
      role === "node"
        ? { category: "fabric", nodeName }
        : { category: "gateway", remoteClusterId: peer, nodeName: gateway?.spec?.nodeName ?? "" };
    const made = new Machine(
      name,
      objects.firewalls
        .filter((each) => isSelected(place, FIREWALL_LABELS, each))
        .flatMap((each) => each.spec?.table ?? []),
      objects.routes
        .filter((each) => isSelected(place, ROUTE_LABELS, each))
        .flatMap((each) => each.spec?.table?.rules ?? []),
      (dst) => this.#behindAllRules(role, dst),
    );
    this.#machines.set(key, made);
    return made;
  }

  #behindAllRules(role: Role, dst: string): Hop | "local" | undefined {
    if (role === "gateway") return dst.startsWith("169.254.18.") ? { dev: TUNNEL_INTERFACE, via: dst } : undefined;
    return this.#ends.some(({ own }) => own === dst) ? "local" : undefined;
  }

  #names({ firewalls, routes }: SideObjects, { rule, nat }: Passed): Pick<Stop, "nat" | "route" | "rule"> {
    const route = routes.find(({ spec }) => spec?.table?.rules.some((each) => each === rule));
    return {
      nat: nat.flatMap((each) => {
        const object = firewalls.find(({ spec }) =>
          spec?.table.chains?.some(({ rules }) => rules?.natRules?.includes(each as never)),
        );
        return object === undefined ? [] : [natName(object, each, object.spec?.table.name ?? "")];
      }),
      ...(route !== undefined && { route: named("RouteConfiguration", route) }),
      ...(rule !== undefined && { rule: { dst: rule.dst ?? "", iif: rule.iif ?? "" } }),
    };
  }
}

function natName(object: KubeObject, { name = "" }: NatRule, table: string): NatName {
  return { rule: name, object: named("FirewallConfiguration", object), table };
}

function named(kind: string, { metadata }: KubeObject): string {
  return `${kind} ${metadata?.name}`;
}

function by(link: string | undefined): string {
  return link === undefined ? "to a pod of the node" : `to ${link}`;
}

/** What of a stop's rules has changed an address. */
export function saidBy({ nat, before, after }: Stop): string {
  const changes = before.src !== after.src || before.dst !== after.dst;
  const [first] = nat;
  return changes && first !== undefined ? ` (${first.object})` : "";
}
