/**
 * The tables that controllers plan, walked by packets in clusters of every size, overlapping or not: each arrives where it
 * should, is seen as who it should, and its answer comes home. Addresses are expected by the definition of remapping alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, integer, nat, record } from "fast-check";
import { bitsOf, fromBits, isIn, type Packet, reversed } from "#forge/networking/packet-walk.ts";
import { type ClusterPlan, nodeAddress, World } from "#kit/packet-walk.ts";
import { forAll } from "#kit/properties.ts";

const POD_CIDRS = ["10.244.0.0/16", "10.244.0.0/16", "10.200.0.0/16", "172.16.0.0/16"];
const EXTERNAL_CIDRS = ["10.70.0.0/16", "10.70.0.0/16", "10.244.0.0/16", "192.168.0.0/16"];
const IDS = ["hub", "leaf-a", "leaf-b"] as const;

interface Shape {
  readonly podCidr: string;
  readonly externalCidr: string;
  /** Pods of each node. */
  readonly nodes: readonly number[];
  /** Where the search for free CIDRs begins. */
  readonly first: number;
}

const shapes = array(
  record({
    podCidr: constantFrom(...POD_CIDRS),
    externalCidr: constantFrom(...EXTERNAL_CIDRS),
    nodes: array(integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    first: nat({ max: 200 }),
  }),
  { minLength: 3, maxLength: 3 },
);

test("pods of peers reach each other, each known by its remapped address, and answers come home", () => {
  forStars((clusters) => {
    for (const [from, to] of neighbours(clusters))
      allTalk(clusters, from, to, {
        sources: podsOf(from),
        addressOf: (target) => remap(target, to.podCidr, from.seen[to.id]?.pod ?? ""),
        seenAs: (source) => remap(source, from.podCidr, to.seen[from.id]?.pod ?? ""),
      });
  });
});

test("what is no pod reaches the peer's pods by the unknown-source address, from every node", () => {
  forStars((clusters) => {
    for (const [from, to] of neighbours(clusters))
      allTalk(clusters, from, to, {
        sources: Object.keys(from.nodes).map((node) => [node, nodeAddress(from, node)]),
        addressOf: (target) => remap(target, to.podCidr, from.seen[to.id]?.pod ?? ""),
        seenAs: () => remap(firstOf(from.externalCidr), from.externalCidr, to.seen[from.id]?.external ?? ""),
      });
  });
});

test("pods of two leaves reach each other through the hub", () => {
  forStars((clusters) => {
    const [hub, a, b] = clusters;
    assert.ok(hub && a && b);
    const across = (from: ClusterPlan, to: ClusterPlan): void =>
      allTalk(clusters, from, to, {
        sources: podsOf(from),
        addressOf: (target) => remap(mappedAt(hub, to, target), hub.externalCidr, from.seen["hub"]?.external ?? ""),
        seenAs: () => remap(firstOf(hub.externalCidr), hub.externalCidr, to.seen["hub"]?.external ?? ""),
      });
    across(a, b);
    across(b, a);
  });
});

function forStars(check: (clusters: readonly ClusterPlan[]) => void): void {
  forAll(shapes, (all) => check(star(all)), 30);
}

interface Talk {
  /** By node. */
  readonly sources: readonly (readonly [node: string, address: string])[];
  /** By which the source knows a pod of the other cluster. */
  readonly addressOf: (target: string) => string;
  /** By which a pod there knows the source. */
  readonly seenAs: (source: string) => string;
}

/** Every source with every pod of the other cluster. */
function allTalk(clusters: readonly ClusterPlan[], from: ClusterPlan, to: ClusterPlan, talk: Talk): void {
  const world = new World(clusters);
  for (const [node, source] of talk.sources)
    for (const [there, target] of podsOf(to))
      thereAndBack(
        world,
        { from: from.id, node, packet: tcp(source, talk.addressOf(target)) },
        { cluster: to.id, node: there, src: talk.seenAs(source), dst: target },
      );
}

let port = 1_024;

function tcp(src: string, dst: string): Packet {
  port = port >= 60_000 ? 1_024 : port + 1;
  return { src, dst, sport: port, dport: 80 };
}

/** The answer comes to the node that sent, as if the address that was asked had answered. */
function thereAndBack(
  world: World,
  { from, node, packet }: { readonly from: string; readonly node: string; readonly packet: Packet },
  wanted: { readonly cluster: string; readonly node: string; readonly src: string; readonly dst: string },
): void {
  const { cluster, node: at, packet: arrived } = world.send(from, node, packet);
  assert.deepEqual({ cluster, node: at, src: arrived.src, dst: arrived.dst }, wanted);
  const back = world.send(cluster, at, reversed(arrived));
  assert.deepEqual(
    { cluster: back.cluster, node: back.node, packet: back.packet },
    { cluster: from, node, packet: reversed(packet) },
  );
}

/** A hub with two leaves, each in its own view of addresses. */
function star(all: readonly Shape[]): ClusterPlan[] {
  const bare = all.map(({ podCidr, externalCidr, nodes }, i) => ({
    id: IDS[i] ?? "",
    podCidr,
    externalCidr: isOverlap(podCidr, externalCidr) ? "10.71.0.0/16" : externalCidr,
    nodes: Object.fromEntries(nodes.map((count, n) => [`node-${n}`, addresses(podCidr, n, count)])),
  }));
  return bare.map((cluster, i) => {
    const peers = bare.filter(({ id }) => (cluster.id === "hub") !== (id === "hub"));
    const seen = viewOf(cluster, peers, all[i]?.first ?? 0);
    const mapped: Record<string, string> = {};
    if (cluster.id === "hub") {
      const pods = peers.flatMap((peer) =>
        Object.values(peer.nodes)
          .flat()
          .map((pod) => remap(pod, peer.podCidr, seen[peer.id]?.pod ?? "")),
      );
      for (const [n, pod] of pods.entries()) mapped[addressIn(cluster.externalCidr, n + 1)] = pod;
    }
    return { ...cluster, seen, mapped };
  });
}

/** Every peer's CIDRs at home: its own where they are free, others otherwise. */
function viewOf(own: Cidrs, peers: readonly (Cidrs & { readonly id: string })[], first: number): ClusterPlan["seen"] {
  const taken = [own.podCidr, own.externalCidr, "10.80.0.0/16"];
  const place = (wanted: string): string => {
    const candidates = [wanted, ...Array.from({ length: 256 }, (_, i) => `10.${(first + i) % 256}.0.0/16`)];
    const free = candidates.find((each) => !taken.some((other) => isOverlap(each, other))) ?? "";
    taken.push(free);
    return free;
  };
  return Object.fromEntries(
    peers.map(({ id, podCidr, externalCidr }) => [id, { pod: place(podCidr), external: place(externalCidr) }]),
  );
}

interface Cidrs {
  readonly podCidr: string;
  readonly externalCidr: string;
}

function isOverlap(a: string, b: string): boolean {
  return isIn(a, firstOf(b)) || isIn(b, firstOf(a));
}

function firstOf(cidr: string): string {
  return cidr.split("/")[0] ?? "";
}

function addresses(podCidr: string, node: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => addressIn(podCidr, node * 256 + i + 2));
}

function addressIn(cidr: string, index: number): string {
  return fromBits(bitsOf(firstOf(cidr)).slice(0, 16) + index.toString(2).padStart(16, "0"));
}

/** All CIDRs here are /16: the host's half stays. */
function remap(address: string, from: string, to: string): string {
  assert.ok(isIn(from, address), `${address} is not in ${from}`);
  return fromBits(bitsOf(firstOf(to)).slice(0, 16) + bitsOf(address).slice(16));
}

function neighbours(clusters: readonly ClusterPlan[]): [ClusterPlan, ClusterPlan][] {
  return clusters.flatMap((from) =>
    clusters.filter(({ id }) => from.seen[id] !== undefined).map((to): [ClusterPlan, ClusterPlan] => [from, to]),
  );
}

function podsOf({ nodes }: ClusterPlan): [string, string][] {
  return Object.entries(nodes).flatMap(([node, pods]) => pods.map((pod): [string, string] => [node, pod]));
}

function mappedAt(hub: ClusterPlan, of: ClusterPlan, pod: string): string {
  const inside = remap(pod, of.podCidr, hub.seen[of.id]?.pod ?? "");
  const [outside] = Object.entries(hub.mapped).find(([, each]) => each === inside) ?? [];
  assert.ok(outside);
  return outside;
}
