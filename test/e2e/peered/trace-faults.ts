/** Links of a packet's path that are broken, each where `liqoctl trace` is to name it. */
import assert from "node:assert/strict";
import type { Pod } from "kubernetes-types/core/v1";
import type { Configuration } from "#api/networking/configuration.ts";
import type { InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { machineOf } from "#engines/choose.ts";
import type { RunningContainer } from "#engines/engine.ts";
import type { Clusters } from "#kit/clusters.ts";

/** A machine on the way from `near` in milan to `far` in rome. */
export type Place = "node-here" | "gateway-here" | "gateway-there" | "node-there";

export interface Host {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: RunningContainer;
}

/** What commands that break something are written with. */
export interface Path {
  readonly hosts: Readonly<Record<Place, Host>>;
  /** How pods of the other cluster are seen, at both. */
  readonly cidr: { readonly here: string; readonly there: string };
  /** The peer's own, as its gateway's routes have it. */
  readonly own: { readonly here: string; readonly there: string };
  /** Of nodes towards the gateway, and of gateways towards the node. */
  readonly links: Readonly<Record<Place, string>>;
  readonly far: string;
}

export interface Fault {
  readonly what: string;
  readonly at: Place;
  /** Its agent is stopped for the time: it would mend it. */
  readonly stops?: true;
  readonly breaks: (path: Path) => readonly (readonly string[])[];
  /** What no agent mends. */
  readonly mends?: (path: Path) => readonly (readonly string[])[];
  /** The link that is named. */
  readonly link: string;
  readonly says: RegExp;
}

const TUNNEL = "liqo-tunnel";
const words = (text: string): readonly string[] => text.split(" ");

/** Drops what comes by a link, before anybody looks. */
function dropping(
  at: Place,
  linkOf: (path: Path) => string,
  match: string,
  rest: Pick<Fault, "what" | "link" | "says">,
) {
  return {
    ...rest,
    at,
    breaks: (path: Path) => [
      [
        "nft",
        `table ip test-drop { chain c { type filter hook prerouting priority -500; iifname "${linkOf(path)}" ${match} drop; }; }`,
      ],
    ],
    mends: () => [words("nft delete table ip test-drop")],
  } satisfies Fault;
}

const stopped = (at: Place, what: string, breaks: (path: Path) => string, link: string, says: RegExp): Fault => ({
  what,
  at,
  stops: true,
  breaks: (path) => [words(breaks(path))],
  link,
  says,
});

export const FAULTS: readonly Fault[] = [
  stopped(
    "node-here",
    "the routing rule of a node is gone",
    ({ cidr }) => `ip rule del to ${cidr.here}`,
    "node",
    /does not have the routing rule to 10\.\S+ of RouteConfiguration rome-node-gw/,
  ),
  stopped(
    "node-here",
    "the route of a node is gone",
    ({ cidr, links }) => `ip route flush table all dev ${links["node-here"]} ${cidr.here}`,
    "node",
    /does not have the route to \S+ by liqo\.\S+ of RouteConfiguration rome-node-gw/,
  ),
  stopped(
    "node-here",
    "the overlay's link of a node is down",
    ({ links }) => `ip link set ${links["node-here"]} down`,
    "node",
    /the link liqo\.\S+ is down/,
  ),
  dropping("gateway-here", ({ links }) => links["gateway-here"], "", {
    what: "the overlay carries nothing",
    link: "overlay",
    says: /leaves milan\/worker-node-1 by liqo\.\S+, and does not come to milan\/gw-rome-/,
  }),
  stopped(
    "gateway-here",
    "the rule that translates addresses is gone",
    () => "nft flush chain ip remap-podcidr outgoing",
    "gateway",
    /gw-rome-\S+: its kernel does not have rule rome-outgoing-\S+ of FirewallConfiguration rome-remap-podcidr/,
  ),
  stopped(
    "gateway-here",
    "the route into the tunnel is gone",
    ({ own }) => `ip route flush table all dev ${TUNNEL} ${own.there}`,
    "gateway",
    /gw-rome-\S+: its kernel does not have the route to \S+ by liqo-tunnel of RouteConfiguration rome-gw-ext/,
  ),
  dropping("gateway-there", () => `${TUNNEL}*`, "", {
    what: "the tunnel carries nothing",
    link: "tunnel",
    says: /leaves milan\/gw-rome-\S+ by liqo-tunnel, and does not come to rome\/gw-milan-/,
  }),
  dropping("gateway-there", () => `${TUNNEL}*`, "ip length > 1000", {
    what: "the tunnel carries no long packets",
    link: "tunnel",
    says: /small packets pass, those of 1\d\d\d bytes do not/,
  }),
  stopped(
    "gateway-there",
    "the route to the pod is gone",
    ({ far }) => `ip route flush table all ${far}`,
    "gateway",
    /gw-milan-\S+: its kernel does not have the route to \S+ by liqo\.\S+ of RouteConfiguration worker-node-2-gw-node/,
  ),
  stopped(
    "gateway-there",
    "the overlay's link of the peer's gateway is too narrow",
    ({ links }) => `ip link set ${links["gateway-there"]} mtu 1000`,
    "gateway",
    /those of 1\d\d\d bytes do not: liqo\.\S+ of rome\/gw-milan-\S+ has MTU 1000/,
  ),
  stopped(
    "node-there",
    "the overlay's link of the peer's node is down",
    ({ links }) => `ip link set ${links["node-there"]} down`,
    "overlay",
    /worker-node-2: the link liqo\.\S+ is down/,
  ),
  stopped(
    "node-there",
    "the way back of the peer's node is gone",
    ({ cidr }) => `ip rule del to ${cidr.there}`,
    "← node",
    /worker-node-2: its kernel does not have the routing rule to 10\.\S+ of RouteConfiguration milan-node-gw/,
  ),
  stopped(
    "gateway-there",
    "the way back of the peer's gateway is gone",
    ({ own }) => `ip route flush table all dev ${TUNNEL} ${own.here}`,
    "← gateway",
    /gw-milan-\S+: its kernel does not have the route to \S+ by liqo-tunnel of RouteConfiguration milan-gw-ext/,
  ),
  dropping("gateway-here", () => `${TUNNEL}*`, "meta l4proto tcp", {
    what: "no answer comes through the tunnel",
    link: "← tunnel",
    says: /leaves rome\/gw-milan-\S+ by liqo-tunnel, and does not come to milan\/gw-rome-/,
  }),
  dropping("node-here", ({ links }) => links["node-here"], "", {
    what: "no answer comes to the node",
    link: "← overlay",
    says: /leaves milan\/gw-rome-\S+ by liqo\.\S+, and does not come to milan\/worker-node-1/,
  }),
];

export async function findPath(
  clusters: Clusters,
  namespace: string,
  nodes: { here: string; there: string },
): Promise<Path> {
  const twin = `${namespace}-milan`;
  const far = await clusters.get<Pod>("rome", "pod", "far", "-n", twin);
  const [here, there] = await Promise.all([peerFacts(clusters, "milan", "rome"), peerFacts(clusters, "rome", "milan")]);
  const node = (cluster: string, name: string) => fabricOn(clusters, cluster, name);
  const gatewayLink = (nodes: readonly InternalNode[], name: string): string =>
    nodes.find(({ metadata }) => metadata?.name === name)?.spec?.interface.gateway.name ?? "";
  return {
    hosts: {
      "node-here": await node("milan", nodes.here),
      "gateway-here": await gatewayOf(clusters, "milan", "rome"),
      "gateway-there": await gatewayOf(clusters, "rome", "milan"),
      "node-there": await node("rome", nodes.there),
    },
    cidr: { here: here.seen, there: there.seen },
    own: { here: there.own, there: here.own },
    links: {
      "node-here": here.link,
      "gateway-here": gatewayLink(here.nodes, nodes.here),
      "gateway-there": gatewayLink(there.nodes, nodes.there),
      "node-there": there.link,
    },
    far: far.status?.podIP ?? "",
  };
}

export async function peerFacts({ get }: Clusters, cluster: string, peer: string) {
  const tenant = ["-n", `liqo-tenant-${peer}`] as const;
  const [{ items: configurations }, { items: fabrics }, { items: nodes }] = await Promise.all([
    get<{ items: Configuration[] }>(cluster, "configurations.networking.liqo.io", ...tenant),
    get<{ items: InternalFabric[] }>(cluster, "internalfabrics.networking.liqo.io", ...tenant),
    get<{ items: InternalNode[] }>(cluster, "internalnodes.networking.liqo.io"),
  ]);
  const [configuration, fabric] = [configurations[0], fabrics[0]];
  const [seen, own] = [configuration?.status?.remote?.cidr?.pod?.[0], configuration?.spec?.remote?.cidr?.pod?.[0]];
  assert.ok(seen !== undefined && own !== undefined && fabric !== undefined, `${cluster} is peered with ${peer}`);
  return { seen, own, link: fabric.spec?.interface.node.name ?? "", nodes };
}

function hostOf(cluster: string, pod: Pod | undefined, container: string): Host {
  const containerId = pod?.status?.containerStatuses?.find(({ name }) => name === container)?.containerID;
  const { name, namespace } = pod?.metadata ?? {};
  assert.ok(
    containerId !== undefined && name !== undefined && namespace !== undefined,
    `${container} of ${cluster} runs`,
  );
  return { cluster, namespace, pod: name, container: { node: pod?.spec?.nodeName ?? "", containerId } };
}

export async function fabricOn({ get }: Clusters, cluster: string, node: string): Promise<Host> {
  const selected = ["-l", "app.kubernetes.io/name=fabric", "--field-selector", `spec.nodeName=${node}`];
  const { items } = await get<{ items: Pod[] }>(cluster, "pods", "-n", "liqo", ...selected);
  return hostOf(cluster, items[0], "fabric");
}

async function gatewayOf({ get }: Clusters, cluster: string, peer: string): Promise<Host> {
  const selected = ["-l", "networking.liqo.io/component=gateway"];
  const { items } = await get<{ items: Pod[] }>(cluster, "pods", "-n", `liqo-tenant-${peer}`, ...selected);
  return hostOf(cluster, items[0], "gateway");
}

/** In the network of that machine, as Liqo's own program there would. */
export async function runAt(
  { kubectl }: Clusters,
  host: Host,
  commands: readonly (readonly string[])[],
): Promise<void> {
  for (const command of commands) await kubectl(host.cluster, "exec", "-n", host.namespace, host.pod, "--", ...command);
}

/** Both gateways, if one: the other would take its silence for the tunnel's, and begin sessions anew. */
export function stoppedFor({ hosts }: Path, { at, stops }: Fault): readonly Host[] {
  if (stops === undefined) return [];
  return at.startsWith("gateway") ? [hosts["gateway-here"], hosts["gateway-there"]] : [hosts[at]];
}

export function signal({ engine }: Clusters, { cluster, container }: Host, name: "SIGSTOP" | "SIGCONT"): Promise<void> {
  return machineOf(engine).kill(cluster, container, name);
}
