/**
 * The table in which packets of a trace are counted where they arrive and where they leave, and given a pod's address where
 * they are sent. Pure. It is its process's own: when that ends, however it ends, the kernel takes the table away.
 */
import type { Flow, Sender, Sighting, TraceRequest } from "#wire/path-trace.ts";

/** Before fragments are put together. */
const ARRIVED = -450;
/** After addresses are translated. */
const LEFT = 350;
/** Before connections are tracked: whatever comes later takes the packet for the pod's. */
const DISGUISE = -310;
/** After that of the connection was translated back, before it is decided where to. */
const UNDISGUISE = -50;
const WAYS = ["arrived", "left"] as const;

export function tableName(id: string): string {
  return `liqo-trace-${id}`;
}

/** In one line: `nft -i` takes each for a transaction. `local`: from which address this machine sends. */
export function renderTraceTable({ id, flows, sender }: TraceRequest, local: string): string {
  const sets = flows.flatMap(({ name }) =>
    WAYS.map(
      (way) =>
        `set ${way}-${name} { typeof meta iifname . ip saddr . ip daddr . ip length; flags dynamic; size 64; timeout 60s; }`,
    ),
  );
  const rule = (way: "arrived" | "left", link: string) => (flow: Flow) =>
    `${matchOf(flow)} update @${way}-${flow.name} { ${link} . ip saddr . ip daddr . ip length };`;
  const chains = [
    `chain arrived { type filter hook prerouting priority ${ARRIVED}; policy accept; ${flows.map(rule("arrived", "iifname")).join(" ")} }`,
    `chain left { type filter hook postrouting priority ${LEFT}; policy accept; ${flows.map(rule("left", "oifname")).join(" ")} }`,
  ];
  const disguise = sender === undefined ? [] : disguiseOf(sender, local);
  return `table ip ${tableName(id)} { flags owner; ${[...sets, ...chains, ...disguise].join("; ")}; }\n`;
}

function matchOf({ proto, end, port }: Flow): string {
  return `${proto} ${end} ${port}`;
}

/** A chain of type route: what routes by the source must see the pod's. */
function disguiseOf({ pod, tcpPorts, udpPort }: Sender, local: string): string[] {
  const mine = `ip saddr ${local}`;
  const out = [
    ...tcpPorts.map((port) => `${mine} tcp sport ${port} ip saddr set ${pod};`),
    // Whatever this machine remembers of the path: a probe is never cut.
    `${mine} udp sport ${udpPort} ip frag-off set 0x4000 ip saddr set ${pod};`,
  ];
  const back = tcpPorts.map((port) => `ip daddr ${pod} tcp dport ${port} ip daddr set ${local};`);
  return [
    `chain disguise { type route hook output priority ${DISGUISE}; policy accept; ${out.join(" ")} }`,
    `chain undisguise { type filter hook prerouting priority ${UNDISGUISE}; policy accept; ${back.join(" ")} }`,
  ];
}

interface NftSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** From `nft -j list table`. */
export function sightingsOf(listed: string): Sighting[] {
  const { nftables = [] } = JSON.parse(listed) as { nftables?: readonly { readonly set?: NftSet }[] };
  return nftables.flatMap(({ set }) =>
    set === undefined ? [] : (set.elem ?? []).flatMap((each) => sighting(set, each)),
  );
}

function sighting({ name }: NftSet, element: unknown): Sighting[] {
  const [way, flow = ""] = name.split("-");
  const { val = element } = (element as { elem?: { val?: unknown } }).elem ?? {};
  const parts = (val as { concat?: readonly (string | number)[] }).concat ?? [];
  const [link, src, dst, length] = parts;
  if (way !== "arrived" && way !== "left") return [];
  return [{ flow, way, link: String(link), src: String(src), dst: String(dst), length: Number(length) }];
}
