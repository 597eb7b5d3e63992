/**
 * What may be believed of a Connection: whoever tells of it may have gone silent, and a tunnel that carries pings may carry
 * nothing of a node's pods. For whoever shows it; what acts on it goes by reach.ts. Not in upstream, whose Connections say
 * nothing of how often they are told of, and never age.
 */
import type { Connection } from "#api/networking/connection.ts";
import { formatDuration, parseDuration } from "#base/duration.ts";

type Status = Connection["status"];
type Path = NonNullable<NonNullable<Status>["paths"]>[number];

/** Of intervals; one write may be late, or lost. */
const MOST_MISSED = 3;

export interface Problem {
  /** Nobody knows: no news. */
  readonly isUnknown: boolean;
  readonly says: string;
}

/** `status.value`; "Unknown" where it says Connected and is old. Bad news does not get better by its age. */
export function connectionState(status: Status, nowMs: number): string | undefined {
  const { value, interval, latency } = status ?? {};
  return value === "Connected" && isOld(latency?.timestamp, interval, nowMs) ? "Unknown" : value;
}

/** Of a Connection that says Connected: all that makes it less than that. */
export function connectionProblems(status: Status, nowMs: number): Problem[] {
  if (status?.value !== "Connected") return [];
  const isSilent = connectionState(status, nowMs) === "Unknown";
  return [...(isSilent ? [silence("the gateway", status.interval)] : []), ...pathProblems(status, nowMs)];
}

/** By node. */
export function pathProblems(status: Status, nowMs: number): Problem[] {
  const paths = status?.paths?.toSorted((a, b) => a.node.localeCompare(b.node)) ?? [];
  return paths.flatMap((path) => pathProblem(path, nowMs) ?? []);
}

/** When the next part of it gets too old, in milliseconds; undefined: none does. */
export function agesInMs(status: Status, nowMs: number): number | undefined {
  const told = [
    { at: status?.latency?.timestamp, interval: status?.interval },
    ...(status?.paths ?? []).map(({ lastProbe, interval }) => ({ at: lastProbe, interval })),
  ];
  const left = told
    .map(({ at, interval }) => oldAtMs(at, interval) - nowMs)
    .filter((ms) => ms > 0 && Number.isFinite(ms));
  return left.length === 0 ? undefined : Math.min(...left);
}

function pathProblem({ node, small, full, bytes, lastProbe, interval }: Path, nowMs: number): Problem | undefined {
  const broken = (says: string): Problem => ({ isUnknown: false, says: `of node ${node}: ${says}` });
  if (isOld(lastProbe, interval, nowMs)) return silence(`node ${node}`, interval);
  if (small === "Lost" && full === "Lost") return broken("packets of pods are lost");
  if (full === "Lost") return broken(`full-size packets are lost (${bytes} bytes); small ones arrive`);
  return small === "Lost" ? broken(`small packets are lost; full-size ones (${bytes} bytes) arrive`) : undefined;
}

function silence(who: string, interval: string | undefined): Problem {
  const forMs = MOST_MISSED * (parseDuration(interval ?? "") ?? 0);
  return { isUnknown: true, says: `${who} has told nothing for more than ${formatDuration(forMs)}` };
}

function isOld(at: string | undefined, interval: string | undefined, nowMs: number): boolean {
  return nowMs > oldAtMs(at, interval);
}

/** Infinity: never. */
function oldAtMs(at: string | undefined, interval: string | undefined): number {
  const everyMs = parseDuration(interval ?? "");
  const atMs = Date.parse(at ?? "");
  return everyMs === undefined || Number.isNaN(atMs) ? Number.POSITIVE_INFINITY : atMs + MOST_MISSED * everyMs;
}
