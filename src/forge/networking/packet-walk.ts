/**
 * The part of Linux that a packet meets in one network namespace, as plain as it can be said: connection tracking, the NAT
 * and filter chains that FirewallConfigurations may have, policy routing. `liqoctl trace` foretells with it, and tests hold
 * the controllers' plans by it; it shares nothing with what renders tables. Kernel: nf_nat_core (the first rule that applies decides for the whole flow), fib_rules.
 */
import type { FirewallMatch, FirewallTable, NatRule } from "#api/networking/firewallconfiguration.ts";
import type { RouteRule } from "#api/networking/routeconfiguration.ts";

export interface Packet {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

export interface Hop {
  readonly dev: string;
  /** The next hop, or the destination itself on a link. */
  readonly via: string;
}

export interface Passed {
  readonly packet: Packet;
  readonly to: Hop | "local";
  /** That has said where to; undefined: the table behind all rules has. */
  readonly rule?: RouteRule;
  /** Those that have translated the flow, or have left it as it is. */
  readonly nat: readonly NatRule[];
}

interface Flow {
  readonly original: Packet;
  /** What it is on the wire behind this machine. */
  translated: Packet;
  readonly nat: NatRule[];
  mark: number;
}

type Way = "original" | "reply";

export class Machine {
  readonly name: string;
  readonly #tables: readonly FirewallTable[];
  readonly #rules: readonly RouteRule[];
  readonly #main: (dst: string) => Hop | "local" | undefined;
  readonly #flows: Flow[] = [];

  /** `main` is the table behind all rules. */
  constructor(
    name: string,
    tables: readonly FirewallTable[],
    rules: readonly RouteRule[],
    main: (dst: string) => Hop | "local" | undefined,
  ) {
    this.name = name;
    this.#tables = tables;
    this.#rules = rules;
    this.#main = main;
  }

  /** The packet as it leaves, and where to; "local": it has arrived. Throws where it is lost. */
  pass(packet: Packet, iif: string): Passed {
    const [flow, way] = this.#track(packet);
    const before = this.#prerouting(flow, way, iif);
    const mark = this.#restoredMark(flow, before, iif);
    const { to, rule } = this.#route(before, iif, mark);
    const passed = { ...(rule !== undefined && { rule }), nat: flow.nat };
    if (to === "local") return { packet: before, to, ...passed };
    this.#setMark(flow, before, iif);
    return { packet: this.#postrouting(flow, way, before, { iif, oif: to.dev }), to, ...passed };
  }

  #track(packet: Packet): [Flow, Way] {
    for (const flow of this.#flows) {
      if (isSame(flow.original, packet)) return [flow, "original"];
      if (isSame(reversed(flow.translated), packet)) return [flow, "reply"];
    }
    const flow = { original: packet, translated: packet, nat: [], mark: 0 };
    this.#flows.push(flow);
    return [flow, "original"];
  }

  #prerouting(flow: Flow, way: Way, iif: string): Packet {
    // The destination is the true one again, the sender not yet.
    if (way === "reply") return { ...reversed(flow.translated), dst: flow.original.src };
    const isNew = flow.translated === flow.original;
    if (!isNew) return { ...flow.original, dst: flow.translated.dst };
    const dst = this.#nat("prerouting", flow, flow.original, { iif, oif: "" });
    return { ...flow.original, dst };
  }

  #postrouting(flow: Flow, way: Way, before: Packet, devs: Devices): Packet {
    if (way === "reply") return reversed(flow.original);
    if (flow.translated === flow.original) {
      const src = this.#nat("postrouting", flow, before, devs);
      flow.translated = { ...before, src };
    }
    return flow.translated;
  }

  #nat(hook: "prerouting" | "postrouting", flow: Flow, packet: Packet, devs: Devices): string {
    const address = hook === "prerouting" ? packet.dst : packet.src;
    const chains = this.#tables
      .flatMap(({ chains: own = [] }) => own)
      .filter((chain) => chain.type === "nat" && chain.hook === hook)
      .sort((a, b) => a.priority - b.priority);
    for (const { rules } of chains)
      for (const rule of rules?.natRules ?? [])
        if (rule.match.every((match) => matches(match, packet, devs))) {
          flow.nat.push(rule);
          return translated(rule, address);
        }
    return address;
  }

  #restoredMark(flow: Flow, packet: Packet, iif: string): number {
    return this.#filterRules("prerouting", packet, { iif, oif: "" }).some(
      ({ action }) => action === "metamarkfromctmark",
    )
      ? flow.mark
      : 0;
  }

  #setMark(flow: Flow, packet: Packet, iif: string): void {
    for (const { action, value } of this.#filterRules("forward", packet, { iif, oif: "" }))
      if (action === "ctmark") flow.mark = Number(value);
  }

  #filterRules(hook: string, packet: Packet, devs: Devices) {
    return this.#tables
      .flatMap(({ chains = [] }) => chains)
      .filter((chain) => chain.type === "filter" && chain.hook === hook)
      .flatMap(({ rules }) => rules?.filterRules ?? [])
      .filter((rule) => rule.match.every((match) => matches(match, packet, devs)));
  }

  /** The order of the rules is the kernel's choice, so all that apply must agree. */
  #route(packet: Packet, iif: string, mark: number): Pick<Passed, "to" | "rule"> {
    const found = this.#rules.flatMap((rule) => {
      if (!isSelected(rule, packet, iif, mark)) return [];
      const [best] = rule.routes
        .filter(({ dst }) => isIn(dst, packet.dst))
        .sort((a, b) => prefixOf(b.dst) - prefixOf(a.dst));
      if (best === undefined) return [];
      const to = best.gw === undefined ? { dev: best.dev ?? "", via: packet.dst } : this.#nextHop(best.gw, best.dev);
      return [{ to, rule }];
    });
    const [first, ...others] = found;
    const other = others.find(({ to }) => to.dev !== first?.to.dev || to.via !== first.to.via);
    if (other !== undefined) throw new Error(`${this.name}: to ${packet.dst} via ${first?.to.via} or ${other.to.via}`);
    if (first !== undefined) return first;
    const to = this.#main(packet.dst);
    if (to === undefined) throw new Error(`${this.name}: no way to ${packet.dst} from ${packet.src}`);
    return { to };
  }

  /** A gateway of a route is a neighbour: of a device that is named, or of a link route to it. */
  #nextHop(via: string, dev: string | undefined): Hop {
    if (dev !== undefined) return { dev, via };
    const link = this.#rules.flatMap(({ routes }) => routes).find(({ dst }) => dst === `${via}/32`);
    if (link?.dev !== undefined) return { dev: link.dev, via };
    const way = this.#main(via);
    if (way === undefined || way === "local") throw new Error(`${this.name}: no way to the next hop ${via}`);
    return way;
  }
}

interface Devices {
  readonly iif: string;
  readonly oif: string;
}

function isSelected(rule: RouteRule, packet: Packet, iif: string, mark: number): boolean {
  const hasMark = rule.fwmark === undefined || rule.fwmark === mark;
  const hasDevice = rule.iif === undefined || rule.iif === iif;
  return hasMark && hasDevice && isIn(rule.dst ?? "0.0.0.0/0", packet.dst) && isIn(rule.src ?? "0.0.0.0/0", packet.src);
}

function matches({ op, ip, dev, port, proto }: FirewallMatch, packet: Packet, { iif, oif }: Devices): boolean {
  const conditions = [
    ...(ip === undefined ? [] : [isIn(ip.value, ip.position === "src" ? packet.src : packet.dst)]),
    ...(dev === undefined ? [] : [dev.value === (dev.position === "in" ? iif : oif)]),
    ...(port === undefined ? [] : [Number(port.value) === (port.position === "src" ? packet.sport : packet.dport)]),
    // All packets here are TCP's.
    ...(proto === undefined ? [] : [proto.value === "tcp"]),
  ];
  return op === "eq" ? conditions.every(Boolean) : !conditions.some(Boolean);
}

function translated(rule: NatRule, address: string): string {
  const to = rule.to ?? "";
  if (!to.includes("/")) return to;
  const prefix = prefixOf(to);
  return fromBits(bitsOf(to.split("/")[0] ?? "").slice(0, prefix) + bitsOf(address).slice(prefix));
}

function isSame(a: Packet, b: Packet): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport;
}

export function reversed({ src, dst, sport, dport }: Packet): Packet {
  return { src: dst, dst: src, sport: dport, dport: sport };
}

/** Of a CIDR or an address, by its bits. */
export function isIn(cidr: string, address: string): boolean {
  const prefix = prefixOf(cidr);
  return bitsOf(cidr.split("/")[0] ?? "").slice(0, prefix) === bitsOf(address).slice(0, prefix);
}

function prefixOf(cidr: string): number {
  return Number(cidr.split("/")[1] ?? 32);
}

export function bitsOf(address: string): string {
  return address
    .split(".")
    .map((byte) => Number(byte).toString(2).padStart(8, "0"))
    .join("");
}

export function fromBits(bits: string): string {
  return [0, 8, 16, 24].map((at) => Number.parseInt(bits.slice(at, at + 8), 2)).join(".");
}
