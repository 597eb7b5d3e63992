/** Numbers and states in words for a person. */
import type { Amounts, Health, Item, PeeringItem, PodItem } from "../../model/items.ts";
import type { Catalog } from "./catalog.ts";
import { nameOfID } from "./catalog.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The largest unit, and the next one while the first is small: `45 s`, `3 min`, `2 h 5 min`, `12 days`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.round(whole / SECOND)} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min`;
  if (whole < 10 * HOUR) return withRest(Math.floor(whole / HOUR), "h", Math.floor((whole % HOUR) / MINUTE), "min");
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)} h`;
  return `${Math.floor(whole / DAY)} days`;
}

function withRest(count: number, unit: string, rest: number, smaller: string): string {
  return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${smaller}`;
}

export function ago(atMs: number, nowMs: number): string {
  const passed = nowMs - atMs;
  return passed < 2 * SECOND ? "now" : `${duration(passed)} ago`;
}

export function timeOfDay(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}

export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  return `${short(count / 1024 ** power)} ${units[power]}`;
}

/** Of bytes per second, as networks are measured. */
export function rate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8;
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
  const power = Math.min(units.length - 1, bits < 1 ? 0 : Math.floor(Math.log10(bits) / 3));
  return `${short(bits / 1000 ** power)} ${units[power]}`;
}

export function cores(millicores: number): string {
  const count = millicores / 1000;
  return `${short(count)} ${count === 1 ? "core" : "cores"}`;
}

export function latency(ms: number): string {
  return `${short(ms)} ms`;
}

export function percent(part: number): string {
  const value = part * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

function short(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

export function amounts({ cpu, memory, pods }: Amounts): string {
  return `${cores(cpu)}, ${bytes(memory)}${pods === undefined ? "" : `, ${counted(pods, "pod")}`}`;
}

export const HEALTH_WORDS: { readonly [H in Health]: string } = {
  good: "well",
  waiting: "on its way",
  bad: "needs attention",
  done: "has ended",
  ending: "is ending",
};

/** A pod's mark, for who does not see it. */
export function podWords(pod: PodItem): string {
  const where = { native: "", offloaded: ", runs in another cluster", twin: ", runs for another cluster" }[pod.role];
  return `Pod ${pod.name}, ${pod.status}${where}`;
}

export function nameOf(item: Item): string {
  if (item.kind === "cluster") return item.cluster;
  return item.kind === "peering" ? item.peer : item.name;
}

export function kindWords(item: Item): string {
  if (item.kind === "reflected" || item.kind === "workload") return item.of;
  if (item.kind === "node") return item.provider === undefined ? "Node" : "Virtual node";
  return { cluster: "Cluster", namespace: "Namespace", pod: "Pod", peering: "Peering", service: "Service" }[item.kind];
}

/** One sentence: what is there, and how much of it runs away from home. */
export function inventory(catalog: Catalog, pods: readonly PodItem[], links: number): string {
  const away = pods.filter(({ role }) => role === "offloaded").length;
  const home = pods.filter(({ role }) => role !== "twin").length;
  const parts = [counted(catalog.of.cluster.length, "cluster"), counted(links, "peering"), counted(home, "pod")];
  const running = away === 0 ? "all of them at home" : `${away.toLocaleString("en-GB")} of them in another cluster`;
  return home === 0 ? `${parts.slice(0, 2).join(", ")}, no pods.` : `${parts.join(", ")}, ${running}.`;
}

export interface Trouble {
  readonly key: string;
  readonly title: string;
  readonly says: string;
}

/** What needs somebody, the widest first: clusters, peerings, nodes, pods. */
export function troubles(catalog: Catalog, pods: readonly PodItem[]): readonly Trouble[] {
  return [
    ...catalog.of.cluster
      .filter(({ reachable }) => !reachable)
      .map(({ key, cluster, message }) => ({
        key,
        title: `Cluster ${cluster}`,
        says: message ?? "does not answer",
      })),
    ...troubledPeerings(catalog),
    ...catalog.of.node
      .filter(({ ready }) => !ready)
      .map(({ key, name, cluster, message }) => ({
        key,
        title: `Node ${name} of ${cluster}`,
        says: message ?? "is not ready",
      })),
    // A twin's trouble shows on the pod at home, too.
    ...pods
      .filter(({ health, role }) => health === "bad" && role !== "twin")
      .map(({ key, name, namespace, cluster, status }) => ({
        key,
        title: `Pod ${name}`,
        says: `${status}, in namespace ${namespace} of ${cluster}`,
      })),
  ];
}

/** One line for the two sides of a peering: that of the one which knows more. */
function troubledPeerings(catalog: Catalog): readonly Trouble[] {
  const bad = catalog.of.peering.filter(({ health }) => health === "bad");
  const known = (peering: PeeringItem): number => (peering.connection?.message === undefined ? 0 : 1);
  const pairs = Map.groupBy(
    [...bad].sort((a, b) => known(b) - known(a)),
    ({ cluster, peer }) => [cluster, nameOfID(catalog, peer)].sort().join("\n"),
  );
  return [...pairs.values()].flatMap(([peering]) => (peering === undefined ? [] : [troubleOf(catalog, peering)]));
}

function troubleOf(catalog: Catalog, peering: PeeringItem): Trouble {
  const condition = peering.modules
    .flatMap(({ conditions }) => conditions)
    .find(({ status, message }) => conditionHealth(status) === "bad" && message !== undefined);
  return {
    key: peering.key,
    title: `Peering of ${peering.cluster} with ${nameOfID(catalog, peering.peer)}`,
    says: peering.connection?.message ?? condition?.message ?? peering.connection?.state ?? "is not healthy",
  };
}

/** Of a condition's status, as ForeignClusters have it. */
export function conditionHealth(status: string): Health {
  if (status === "Established" || status === "Ready" || status === "True") return "good";
  return ["NotReady", "SomeNotReady", "Error", "False", "Unknown"].includes(status) ? "bad" : "waiting";
}
