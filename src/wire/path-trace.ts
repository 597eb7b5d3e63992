/**
 * What `liqoctl trace` and the program that it runs in gateways and on nodes tell each other: the request is an argument,
 * then each side writes lines of JSON. Read on both sides, so both are read as a stranger's.
 */

/** Packets that are looked for: their protocol and one port, which nothing else has. */
export interface Flow {
  readonly name: string;
  readonly proto: "tcp" | "udp";
  readonly end: "sport" | "dport";
  readonly port: number;
}

/** Connections and datagrams that this machine sends in a pod's name. */
export interface Sender {
  readonly pod: string;
  readonly tcpPorts: readonly number[];
  readonly udpPort: number;
}

export interface RouteQuestion {
  readonly to: string;
  readonly from: string;
  readonly iif?: string;
}

export interface TraceRequest {
  /** In the name of the table. */
  readonly id: string;
  readonly flows: readonly Flow[];
  readonly sender?: Sender;
  readonly routes: readonly RouteQuestion[];
  readonly links: readonly string[];
  /** nftables tables of family ip, whose rules' comments are asked for. */
  readonly tables: readonly string[];
}

export type Order =
  | {
      readonly do: "connect";
      readonly to: string;
      readonly port: number;
      /** One of the sender's. */
      readonly localPort: number;
      readonly timeoutMs: number;
    }
  /** Datagrams whose packets have these lengths, headers included. */
  | { readonly do: "send"; readonly to: string; readonly port: number; readonly lengths: readonly number[] }
  | { readonly do: "report" };

export interface Sighting {
  readonly flow: string;
  readonly way: "arrived" | "left";
  readonly link: string;
  readonly src: string;
  readonly dst: string;
  readonly length: number;
}

export interface RouteAnswer {
  readonly dev?: string;
  readonly gateway?: string;
  readonly error?: string;
}

export interface LinkAnswer {
  readonly name: string;
  readonly isUp: boolean;
  readonly mtu: number;
  readonly remote?: string;
}

export interface RuleAnswer {
  readonly dst: string;
  readonly iif: string;
  readonly fwmark: string;
}

export interface Facts {
  /** In the order of the questions. */
  readonly routes: readonly RouteAnswer[];
  /** Of those that there are. */
  readonly links: readonly LinkAnswer[];
  /** Policy routing that is Liqo's. */
  readonly rules: readonly RuleAnswer[];
  /** By table, for those that there are: the comments of its rules. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

export type Connected = { readonly connected: "open" | "refused" | "silent" | "failed"; readonly says: string };

export type TraceAnswer =
  | { readonly ready: Facts }
  | (Connected & { readonly ms: number })
  | { readonly sent: number }
  | { readonly seen: readonly Sighting[] };

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;
const LINK = /^[^\s/:"\\]{1,15}$/;
const WORD = /^[A-Za-z0-9_.-]{1,64}$/;
const TABLE = /^[A-Za-z_][A-Za-z0-9_./-]{0,254}$/;
const MOST = 64;
/** Some for each node of a cluster. */
const MOST_RULES = 32_768;

export class PathTraceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PathTraceError";
  }
}

/** Throws a PathTraceError that names what is wrong. */
export function parseTraceRequest(text: string): TraceRequest {
  const { id, flows, sender, routes, links, tables } = objectOf(jsonOf(text), "request");
  return {
    id: matching(WORD, id, "id"),
    flows: listOf(flows, "flows").map((flow) => {
      const { name, proto, end, port } = objectOf(flow, "flow");
      return {
        name: matching(/^[a-z]{1,16}$/, name, "flow.name"),
        proto: oneOf(["tcp", "udp"], proto, "flow.proto"),
        end: oneOf(["sport", "dport"], end, "flow.end"),
        port: portOf(port, "flow.port"),
      };
    }),
    ...(sender !== undefined && { sender: senderOf(sender) }),
    routes: listOf(routes, "routes").map((route) => {
      const { to, from, iif } = objectOf(route, "route");
      return {
        to: matching(ADDRESS, to, "route.to"),
        from: matching(ADDRESS, from, "route.from"),
        ...(iif !== undefined && { iif: matching(LINK, iif, "route.iif") }),
      };
    }),
    links: listOf(links, "links").map((link) => matching(LINK, link, "link")),
    tables: listOf(tables, "tables").map((table) => matching(TABLE, table, "table")),
  };
}

function senderOf(value: unknown): Sender {
  const { pod, tcpPorts, udpPort } = objectOf(value, "sender");
  return {
    pod: matching(ADDRESS, pod, "sender.pod"),
    tcpPorts: listOf(tcpPorts, "sender.tcpPorts").map((port) => portOf(port, "sender.tcpPorts")),
    udpPort: portOf(udpPort, "sender.udpPort"),
  };
}

export function parseOrder(text: string): Order {
  const order = objectOf(jsonOf(text), "order");
  const what = oneOf(["connect", "send", "report"], order["do"], "order.do");
  if (what === "report") return { do: what };
  const to = matching(ADDRESS, order["to"], "order.to");
  const port = portOf(order["port"], "order.port");
  if (what === "connect") {
    const localPort = portOf(order["localPort"], "order.localPort");
    return { do: what, to, port, localPort, timeoutMs: numberOf(order["timeoutMs"], 1, 60_000, "order.timeoutMs") };
  }
  const lengths = listOf(order["lengths"], "lengths").map((length) => numberOf(length, 36, 65_535, "length"));
  return { do: what, to, port, lengths };
}

export function parseTraceAnswer(text: string): TraceAnswer {
  const answer = objectOf(jsonOf(text), "answer");
  if ("ready" in answer) return { ready: factsOf(answer["ready"]) };
  if ("seen" in answer) return { seen: listOf(answer["seen"], "seen", 4 * MOST).map(sightingOf) };
  if ("sent" in answer) return { sent: numberOf(answer["sent"], 0, MOST, "sent") };
  return {
    connected: oneOf(["open", "refused", "silent", "failed"], answer["connected"], "connected"),
    says: textOf(answer["says"], "says"),
    ms: numberOf(answer["ms"], 0, 3_600_000, "ms"),
  };
}

function sightingOf(value: unknown): Sighting {
  const { flow, way, link, src, dst, length } = objectOf(value, "sighting");
  return {
    flow: matching(WORD, flow, "flow"),
    way: oneOf(["arrived", "left"], way, "way"),
    link: textOf(link, "link"),
    src: matching(ADDRESS, src, "src"),
    dst: matching(ADDRESS, dst, "dst"),
    length: numberOf(length, 0, 65_535, "length"),
  };
}

function factsOf(value: unknown): Facts {
  const { routes, links, rules, tables } = objectOf(value, "facts");
  const text = (name: string, found: unknown): object => (found === undefined ? {} : { [name]: textOf(found, name) });
  return {
    routes: listOf(routes, "routes").map((route) => {
      const { dev, gateway, error } = objectOf(route, "route");
      return { ...text("dev", dev), ...text("gateway", gateway), ...text("error", error) };
    }),
    links: listOf(links, "links").map((link) => {
      const { name, isUp, mtu, remote } = objectOf(link, "link");
      return {
        name: textOf(name, "link.name"),
        isUp: isUp === true,
        mtu: numberOf(mtu, 0, 1_000_000, "mtu"),
        ...text("remote", remote),
      };
    }),
    rules: listOf(rules, "rules", MOST_RULES).map((rule) => {
      const { dst, iif, fwmark } = objectOf(rule, "rule");
      return { dst: textOf(dst, "rule.dst"), iif: textOf(iif, "rule.iif"), fwmark: textOf(fwmark, "rule.fwmark") };
    }),
    tables: Object.fromEntries(
      Object.entries(objectOf(tables, "tables")).map(([name, rows]) => [
        name,
        listOf(rows, "table", MOST_RULES).map((row) => textOf(row, "comment")),
      ]),
    ),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PathTraceError(`"${text.slice(0, 80)}" is no JSON: ${String(cause)}`);
  }
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new PathTraceError(`${name}: must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, name: string, most = MOST): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw new PathTraceError(`${name}: must be a list of at most ${most}`);
  return value;
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== "string" || value.length > 500) throw new PathTraceError(`${name}: must be a short text`);
  return value;
}

function matching(pattern: RegExp, value: unknown, name: string): string {
  const text = textOf(value, name);
  if (!pattern.test(text)) throw new PathTraceError(`${name}: "${text}" must match ${pattern.source}`);
  return text;
}

function oneOf<const T extends string>(allowed: readonly T[], value: unknown, name: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new PathTraceError(`${name}: must be one of ${allowed.join(", ")}`);
  return found;
}

function numberOf(value: unknown, least: number, most: number, name: string): number {
  if (typeof value !== "number" || !(value >= least && value <= most))
    throw new PathTraceError(`${name}: must be a number from ${least} to ${most}`);
  return value;
}

function portOf(value: unknown, name: string): number {
  return numberOf(value, 1, 65_535, name);
}
