/** The Connection object: what the ping found, written seldom. Upstream: pkg/gateway/connection/{connections_controller,k8s}.go */
import { CARRIER, CARRIERS_TRIED, CONNECTION_PROBLEM } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { formatDuration } from "#base/duration.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { timestamp } from "#machinery/conditions.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { TunnelMtu } from "../mtu/prober.ts";
import { Loop } from "../system/loop.ts";
import type { PeerState } from "./checker.ts";

export interface ConnectionOwner {
  /** Of the GatewayServer or GatewayClient. */
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly mode: "server" | "client";
  readonly remoteClusterId: string;
}

/** Names the WireGuard driver in use; shown by `liqoctl info`. */
const IMPLEMENTATION_ANNOTATION = "networking.liqo.io/wireguard-implementation";
const API_VERSION = "networking.liqo.io/v1beta1";
// A Connection that somebody deletes is back after this time.
const RESYNC_MS = 15_000;

function forgeConnection(owner: ConnectionOwner, annotations: Annotations): Connection {
  const { name, namespace, uid, remoteClusterId } = owner;
  const type = owner.mode === "server" ? "Server" : "Client";
  return {
    apiVersion: API_VERSION,
    kind: "Connection",
    metadata: {
      name: gatewayObjectName(name),
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteClusterId },
      annotations: { ...annotations },
      ownerReferences: [{ apiVersion: API_VERSION, kind: `Gateway${type}`, name, uid }],
    },
    // The uid is that of the Gateway object, not of the Wg one named beside it: upstream's, kept.
    spec: { type, gatewayRef: { apiVersion: API_VERSION, kind: `WgGateway${type}`, name, namespace, uid } },
  };
}

/** Whether `state` is worth a write: when the value flips, or what is shown is older than the interval. */
export function isWorthWriting(
  shown: Connection["status"],
  state: PeerState,
  nowMs: number,
  intervalMs: number,
): boolean {
  // A gateway that has just begun knows no better than the one that it replaces, until the first answer or the threshold.
  if (state.value === "Connecting" && shown?.value === "Connected") return false;
  if (shown?.value !== state.value) return true;
  const writtenMs = Date.parse(shown.latency?.timestamp ?? "");
  return !(nowMs - writtenMs < intervalMs);
}

interface Found {
  readonly state: PeerState;
  readonly mtu: TunnelMtu | undefined;
  /** Where there are several. */
  readonly tunnels: ShownTunnels;
  readonly echo: Echo | typeof UNHEARD;
  /** Nodes that there are; undefined: nobody knows. */
  readonly nodes: readonly string[] | undefined;
}

type Status = NonNullable<Connection["status"]>;
type ShownTunnels = Status["tunnels"];
type Echo = Status["echo"];
/** Of a peer that has not said yet where it answers echoes: it may be where it did before this gateway was in charge. */
export const UNHEARD = "unheard";

/** What to write, if that is worth it. The MTU is shown with the time since when it is so. */
function statusOf(
  shown: Connection["status"],
  { state, mtu, tunnels, echo, nodes }: Found,
  nowMs: number,
  intervalMs: number,
): Connection["status"] {
  const now = timestamp(nowMs);
  const isNewMtu = mtu !== undefined && (shown?.mtu?.value !== mtu.value || shown.mtu.origin !== mtu.origin);
  const { tunnels: _tunnels, echo: toldEcho, paths: told, ...others } = shown ?? {};
  const echoing = echo === UNHEARD ? toldEcho : echo;
  // What a node told that is gone is nobody's.
  const paths = told?.filter(({ node }) => nodes?.includes(node) !== false);
  const found = {
    ...others,
    interval: formatDuration(intervalMs),
    ...(isNewMtu && { mtu: { ...mtu, timestamp: now } }),
    ...(tunnels !== undefined && { tunnels }),
    ...(echoing !== undefined && { echo: echoing }),
    ...(paths !== undefined && paths.length > 0 && { paths }),
  };
  if (!isWorthWriting(shown, state, nowMs, intervalMs)) return jsonEquals(found, shown) ? undefined : found;
  const latency = { value: formatDuration(state.value === "Connected" ? state.latencyMs : 0), timestamp: now };
  return { ...found, value: state.value, latency };
}

export interface ConnectionWriter {
  update(state: PeerState): void;
  mtuFound(mtu: TunnelMtu): void;
  /** There may be more to tell of a peer that is not connected. */
  problemFound(): void;
  /** There is more to tell of how the peer is reached. */
  carrierChanged(): void;
  /** There may be more to tell of several tunnels. */
  tunnelsChanged(): void;
  /** The peer may answer echoes elsewhere. */
  echoChanged(): void;
  run(ctx: Context): Promise<void>;
}

export interface ConnectionOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
  implementation(): string | undefined;
  /** What was tried in vain, as far as the peer is not connected. */
  problem?(): string | undefined;
  /** What carries the tunnel, and what came of all carriers tried; absent where there is UDP only. */
  carrier?(): string | undefined;
  carriersTried?(): string | undefined;
  /** Of several tunnels; undefined of one. */
  tunnels?(): ShownTunnels;
  /** Where nodes find the peer's gateway; undefined: it answers none. */
  echo?(): Echo | typeof UNHEARD;
  nodes?(): readonly string[] | undefined;
}

export function connectionWriter(
  client: KubeClient,
  owner: ConnectionOwner,
  options: ConnectionOptions,
): ConnectionWriter {
  const { clock, intervalMs } = options;
  let state: PeerState = { value: "Connecting" };
  let mtu: TunnelMtu | undefined;
  let shown: Connection["status"];
  let told: string | undefined;
  const loop = new Loop({
    name: "connection",
    resyncMs: Math.min(RESYNC_MS, intervalMs),
    clock,
    async pass(ctx) {
      const present = await ensureConnection(ctx, client, owner, annotationsOf(state, options));
      shown = present.status;
      const found = { state, mtu, tunnels: options.tunnels?.(), echo: options.echo?.(), nodes: options.nodes?.() };
      const status = statusOf(shown, found, clock.epochMs(), intervalMs);
      if (status === undefined) return {};
      const written = await client.updateStatus(ctx, connections, { ...present, status });
      shown = written.status;
      return {};
    },
  });
  return {
    update(next) {
      state = next;
      if (isWorthWriting(shown, next, clock.epochMs(), intervalMs)) loop.trigger();
    },
    mtuFound(found) {
      mtu = found;
      loop.trigger();
    },
    problemFound() {
      const problem = state.value === "Connected" ? undefined : options.problem?.();
      if (problem === told) return;
      told = problem;
      loop.trigger();
    },
    carrierChanged: () => loop.trigger(),
    tunnelsChanged() {
      if (!jsonEquals(shown?.tunnels, options.tunnels?.())) loop.trigger();
    },
    echoChanged() {
      if (!jsonEquals(shown?.echo, options.echo?.())) loop.trigger();
    },
    run: (ctx) => loop.run(ctx),
  };
}

type Annotations = Readonly<Record<string, string>>;

function annotationsOf(state: PeerState, options: ConnectionOptions): Annotations {
  const { implementation, problem } = options;
  const driver = implementation();
  const tried = state.value === "Connected" ? undefined : problem?.();
  const carrier = state.value === "Connected" ? options.carrier?.() : undefined;
  const carriersTried = options.carriersTried?.();
  return {
    ...(carrier !== undefined && { [CARRIER]: carrier }),
    ...(carriersTried !== undefined && { [CARRIERS_TRIED]: carriersTried }),
    ...(driver !== undefined && { [IMPLEMENTATION_ANNOTATION]: driver }),
    ...(tried !== undefined && { [CONNECTION_PROBLEM]: tried }),
  };
}

/** They go when there is nothing to tell. */
const TOLD = [CONNECTION_PROBLEM, CARRIER, CARRIERS_TRIED];

async function ensureConnection(
  ctx: Context,
  client: KubeClient,
  owner: ConnectionOwner,
  annotations: Annotations,
): Promise<Connection> {
  const wanted = forgeConnection(owner, annotations);
  const { name = "", namespace = "" } = wanted.metadata ?? {};
  const present = await client.find(ctx, connections, { namespace, name });
  if (present === undefined) return client.create(ctx, connections, wanted);
  const shown = present.metadata?.annotations ?? {};
  const isSame = present.metadata?.ownerReferences?.some(({ uid }) => uid === owner.uid);
  const driver = annotations[IMPLEMENTATION_ANNOTATION] ?? shown[IMPLEMENTATION_ANNOTATION];
  const hasSame =
    shown[IMPLEMENTATION_ANNOTATION] === driver && TOLD.every((name) => shown[name] === annotations[name]);
  if (isSame && hasSame) return present;
  const { labels: wantedLabels, ownerReferences } = wanted.metadata ?? {};
  const told = { ...Object.fromEntries(TOLD.map((name) => [name, null])), ...annotations };
  const body = { metadata: { labels: wantedLabels, annotations: told, ownerReferences }, spec: wanted.spec };
  return client.patch(ctx, connections, { namespace, name }, "merge", body);
}
