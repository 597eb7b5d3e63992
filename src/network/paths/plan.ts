/** What a node measures of the way of its pods, from where and to whom, and what of it is told when. Pure. */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Connection, PATH_STATES } from "#api/networking/connection.ts";
import type { InternalFabric } from "#api/networking/internal.ts";
import { contains, parseCidr, parseIpv4 } from "#base/cidr.ts";
import { formatDuration, parseDuration } from "#base/duration.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import { timestamp } from "#machinery/conditions.ts";
import { isReady, isTerminating } from "#machinery/pod.ts";

export type PathState = (typeof PATH_STATES)[number];
export type ToldPath = NonNullable<NonNullable<Connection["status"]>["paths"]>[number];

/** The gateway of a peer, as pods here reach it. */
export interface PathTarget {
  readonly peer: string;
  readonly connection: Connection;
  readonly address: string;
  readonly port: number;
  /** Of a full-sized packet. */
  readonly bytes: number;
}

export interface PathFound {
  readonly small: PathState;
  readonly full: PathState;
}

/**
 * A Connection counts beside the InternalFabric that Liqo has written for the same gateway, and its address only among those
 * of the peer: nobody else is sent anything.
 */
export function pathTargets(fabrics: readonly InternalFabric[], connections: readonly Connection[]): PathTarget[] {
  return fabrics.flatMap(({ metadata, spec }) => {
    const connection = connections.find(
      (each) =>
        each.metadata?.namespace === metadata?.namespace &&
        each.metadata?.name === gatewayObjectName(metadata?.name ?? ""),
    );
    const { echo, mtu } = connection?.status ?? {};
    if (connection === undefined || echo === undefined || mtu?.value === undefined) return [];
    if (!isAmong(echo.address, spec?.remoteCIDRs ?? [])) return [];
    const peer = metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? metadata?.name ?? "";
    return [{ peer, connection, address: echo.address, port: echo.port, bytes: mtu.value }];
  });
}

function isAmong(address: string, cidrs: readonly string[]): boolean {
  const ip = parseIpv4(address);
  return ip !== undefined && cidrs.map(parseCidr).some((cidr) => cidr !== undefined && contains(cidr, ip));
}

/**
 * The pod in whose name packets are sent, so that they go where its own go. The oldest: all that concerns it is long set up.
 * Undefined: none of this node's could suffer.
 */
export function chooseSender(pods: readonly Pod[]): string | undefined {
  const [oldest] = pods
    .filter((pod) => pod.spec?.hostNetwork !== true && isReady(pod) && !isTerminating(pod))
    // It has addresses of its own in the overlay.
    .filter(({ metadata }) => metadata?.labels?.[labels.NETWORKING_COMPONENT] !== "gateway")
    .filter(({ status }) => parseIpv4(status?.podIP ?? "") !== undefined)
    .toSorted((a, b) => bornMs(a) - bornMs(b));
  return oldest?.status?.podIP;
}

function bornMs({ metadata }: Pod): number {
  return Date.parse(metadata?.creationTimestamp ?? "");
}

export function isWhole({ small, full }: PathFound): boolean {
  return small === "Passed" && full === "Passed";
}

/** Bad news holds once it is found again: while a peering is made, or a gateway replaced, packets are lost for a moment. */
export function isSure(before: PathFound | undefined, found: PathFound): boolean {
  return isWhole(found) || (before !== undefined && !isWhole(before));
}

/** All nodes together write so many a second to one Connection at most, whatever does not change. */
const WRITES_PER_SECOND = 2;

export function toldEveryMs(probeMs: number, nodes: number): number {
  return Math.max(probeMs, (nodes / WRITES_PER_SECOND) * 1_000);
}

export interface Telling {
  readonly node: string;
  readonly bytes: number;
  readonly nowMs: number;
  readonly everyMs: number;
}

/** What to write; undefined: what is told still holds, and is not old. A change is told at once. */
export function pathToTell(told: ToldPath | undefined, found: PathFound, telling: Telling): ToldPath | undefined {
  const { node, bytes, nowMs, everyMs } = telling;
  const { small, full } = found;
  const isSame = told?.small === small && told.full === full && told.bytes === bytes;
  const isRecent =
    nowMs - Date.parse(told?.lastProbe ?? "") < everyMs && parseDuration(told?.interval ?? "") === everyMs;
  if (isSame && isRecent) return undefined;
  return { node, small, full, bytes, interval: formatDuration(everyMs), lastProbe: timestamp(nowMs) };
}
