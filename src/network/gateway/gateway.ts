/**
 * One gateway: what carries packets, and, as long as it is in charge, the peer, the ping that says whether it answers, and the
 * object that shows it. Upstream: cmd/gateway/{main.go,wireguard,geneve}, there three containers of one pod.
 */
import { type Context, withCancel } from "#base/context.ts";
import { Metrics } from "#base/metrics.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { Informers } from "#kube/informer/informers.ts";
import type { ClientCarriers } from "../carrier/client.ts";
import { carrierOfPeer } from "../carrier/gateway.ts";
import { ConnectionChecker, MISSING_INTERVALS, type PeerState, type Watch } from "../conncheck/checker.ts";
import { type ConnectionWriter, connectionWriter, UNHEARD } from "../conncheck/connection.ts";
import { THIS_MACHINE } from "../system/machine.ts";
import { enableMultipathHash, makeRouter } from "../system/sysctl.ts";
import { QUICK_WATCH } from "../tunnels/further-tunnel.ts";
import { type EndpointEvents, EndpointReport } from "../wireguard/endpoint-report.ts";
import type { Tunnel } from "../wireguard/tunnel.ts";
import { DataPlane, type Gateway } from "./data-plane.ts";
import { echoHere } from "./echo-here.ts";
import { handOver, within } from "./handover.ts";
import { latencyHistogram, renderMetrics, statisticsOfPeer } from "./metrics.ts";
import { type MtuMeter, openMtuMeter } from "./mtu-meter.ts";
import type { GatewayOptions } from "./options.ts";
import { shareOwnAddress } from "./own-address.ts";
import { peerReactions } from "./peer-reactions.ts";
import { Turns } from "./turns.ts";

const COMPONENT = "liqo-gateway";

/** Runs until the context ends; rejects when it cannot start, so that the pod restarts. */
export async function runGateway(
  ctx: Context,
  client: KubeClient,
  options: GatewayOptions,
  machine = THIS_MACHINE,
): Promise<void> {
  const reading = { isReady: () => false, metrics: () => "" };
  await using servers = new AsyncDisposableStack();
  const { metrics = new Metrics() } = ctx;
  const ofAll = { render: () => metrics.render() + reading.metrics() };
  const { healthPort, metricsPort } = options;
  servers.use(await startHealthServer({ port: healthPort, isReady: () => reading.isReady() }));
  servers.use(await startHealthServer({ port: metricsPort, metrics: ofAll }));
  makeRouter(machine.sysctls);
  await shareOwnAddress(ctx, machine.tools);
  if (options.usesMultipathHash) enableMultipathHash(machine.sysctls);
  // What carries packets goes on for a while when the process has to end.
  const { ctx: standing, cancel } = withCancel({ ...ctx, signal: new AbortController().signal });
  try {
    await using informers = new Informers(standing, client);
    const events = new EventRecorder(client, { component: COMPONENT, host: options.podName }, machine.clock);
    await work(ctx, { standing, end: cancel }, { client, informers, options, machine, events }, reading);
  } finally {
    cancel();
  }
}

interface Reading {
  isReady: () => boolean;
  metrics: () => string;
}

/** How long packets are carried. */
interface Life {
  readonly standing: Context;
  end(): void;
}

async function work(ctx: Context, { standing, end }: Life, gateway: Gateway, reading: Reading): Promise<void> {
  const { client, options, machine } = gateway;
  await using plane = await DataPlane.open(standing, gateway);
  const { tunnel, tunnels, carriers } = plane;
  const report = endpointReport(standing, gateway);
  const peer: PeerSaid = { echo: UNHEARD };
  const connection = connectionWriter(
    client,
    { ...options, uid: options.gatewayUid },
    {
      intervalMs: options.statusIntervalMs,
      clock: machine.clock,
      implementation: () => tunnel.driver?.description,
      echo: () => (peer.echo === UNHEARD ? UNHEARD : echoHere(options, peer.echo, plane.tables)),
      nodes: () => plane.nodes,
      tunnels: () => tunnels.reports?.map(({ latencyMs: _ms, statistics: _of, ...shown }) => shown),
      problem: () => (options.mode === "client" ? problemOf(report, carriers) : silenceOf(tunnel, options)),
      ...(options.carrierPort !== undefined && {
        carrier: () => carriers?.current ?? carrierOfPeer(tunnel.statistics?.endpoint),
        carriersTried: () => carriers?.tried,
      }),
    },
  );
  tunnels.tell(() => {
    if (options.ping !== undefined) connection.update(tunnels.states.ofPeer);
    connection.tunnelsChanged();
  });
  carriers?.tell({
    changed: () => connection.carrierChanged(),
    switched: (message) => eventsOf(standing, gateway).normal("CarrierChanged", message),
  });
  await using meter = await openMtuMeter(standing, gateway, {
    ...{ plane, connection },
    isConnected: () => checker?.state.value === "Connected",
  });
  const { leaderElection: times } = options;
  const turns = times && new Turns({ ...gateway, times });
  await using checker = await openChecker(standing, gateway, { plane, connection, report, meter, turns, peer });
  reading.isReady = () => plane.isPrepared;
  reading.metrics = () => metricsOf(options, plane, checker);
  const parts: Parts = { ...gateway, plane, checker, connection, meter };
  const carried = plane.run(standing);
  try {
    const led = turns === undefined ? beInCharge(ctx, parts) : takeTurns(ctx, standing, parts, turns);
    await Promise.race([carried, led]);
  } finally {
    end();
    await Promise.allSettled([carried]);
  }
}

function metricsOf(
  { remoteClusterId, carrierPort }: GatewayOptions,
  { tunnel, tunnels, carrier }: DataPlane,
  checker: ConnectionChecker | undefined,
): string {
  const { reports } = tunnels;
  const { statistics } = tunnel;
  return renderMetrics({
    ...{ remoteClusterId, tunnels: reports, implementation: tunnel.driver?.implementation },
    state: checker === undefined ? CONNECTED : tunnels.states.ofPeer,
    statistics: statisticsOfPeer(statistics, reports),
    pings: checker?.pings,
    ...(carrierPort !== undefined && { carrier }),
  });
}

interface Parts extends Gateway {
  readonly plane: DataPlane;
  readonly checker: ConnectionChecker | undefined;
  readonly connection: ConnectionWriter;
  readonly meter: MtuMeter;
}

/** Of one that starts: another may be prepared already, and is better. */
const PREPARED_MS = 5_000;
/** Of controllers that tell nodes of a new gateway. */
const TOLD_MS = 1_000;

/** Is in charge whenever it has the Lease, and leaves to the next one when the process has to end. */
async function takeTurns(ctx: Context, standing: Context, parts: Parts, turns: Turns): Promise<void> {
  const { plane, checker, options } = parts;
  const { clock } = parts.machine;
  let isInCharge = false;
  await within(ctx, clock, PREPARED_MS, () => plane.isPrepared);
  await turns.take(ctx, async (leading) => {
    isInCharge = true;
    try {
      await beInCharge(leading, parts);
    } finally {
      // At the end it goes on as it is, until all have turned to the next one.
      if (!ctx.signal.aborted) {
        isInCharge = false;
        plane.setInCharge(false);
      }
    }
  });
  if (!isInCharge) return;
  await handOver(standing, {
    clock,
    identity: options.podName,
    holder: () => turns.holder,
    addressForNodes: () => plane.addressForNodes,
    sayLeaving: () => {
      checker?.sayLeaving(standing);
      plane.closeCarrier();
    },
  });
}

async function beInCharge(ctx: Context, { plane, checker, connection, meter, options, machine }: Parts): Promise<void> {
  plane.setInCharge(true);
  if (checker === undefined) connection.update(CONNECTED);
  // The one before may carry packets until nodes know this one, and the server's answers go to who spoke to it last.
  const { addressForNodes: before } = plane;
  if (options.mode === "client" && options.podIp !== undefined && before !== undefined)
    await within(ctx, machine.clock, TOLD_MS, () => plane.addressForNodes === options.podIp);
  await Promise.all([connection.run(ctx), checker?.run(ctx), plane.tunnels.lead(ctx), meter.run(ctx)]);
}

const CONNECTED: PeerState = { value: "Connected", latencyMs: 0 };

/** Without ping the connection counts as connected, as upstream's. */
async function openChecker(
  ctx: Context,
  gateway: Gateway,
  { plane, connection, report, meter, turns, peer }: Heard,
): Promise<ConnectionChecker | undefined> {
  const { options, machine } = gateway;
  const { ping, mode, remoteClusterId } = options;
  if (ping === undefined) return undefined;
  const { tunnel, tunnels, carriers } = plane;
  const { states } = tunnels;
  const latency = latencyHistogram(ctx.metrics ?? new Metrics(), remoteClusterId);
  const isQuick = ping.intervalMs > QUICK_WATCH.intervalMs;
  const usual: Watch = { intervalMs: ping.intervalMs, silenceMs: ping.intervalMs * MISSING_INTERVALS };
  const reactions = peerReactions(ctx, {
    ...{ remoteClusterId, clock: machine.clock, tunnel, latency, report, carriers },
    connection: { update: (state) => states.set(0, state), problemFound: () => connection.problemFound() },
  });
  return ConnectionChecker.open(ctx, {
    ...ping,
    // A client finds out at once that its server is gone: nobody but it can begin anew. So does who has another tunnel.
    watch: () => (isQuick && (mode === "client" || tunnels.areSeveral) ? QUICK_WATCH : usual),
    clock: machine.clock,
    remoteClusterId,
    address: tunnel.addresses.peer,
    probed: (mtu) => meter.probed(mtu),
    answers: (address) => tunnels.answers(address),
    peerLeaves: () => tunnels.attend(),
    turn: () => turns?.turn,
    laterTurn: (turn) => turns?.heardOf(turn),
    echoAddress: options.podIp,
    peerEchoes: (address) => {
      peer.echo = address;
      connection.echoChanged();
    },
    update: reactions.update,
    missing: () => {
      states.silent(0);
      reactions.missing();
    },
  });
}

interface Heard {
  readonly plane: DataPlane;
  readonly connection: ConnectionWriter;
  readonly report: EndpointReport;
  readonly meter: MtuMeter;
  readonly turns: Turns | undefined;
  readonly peer: PeerSaid;
}

interface PeerSaid {
  /** Where it answers echoes, as its own cluster calls it; undefined: it does not. */
  echo: string | undefined;
}

/** What was tried in vain, by UDP and over TCP. */
function problemOf({ problem }: EndpointReport, carriers: ClientCarriers | undefined): string | undefined {
  const { triedOverTcp } = carriers ?? {};
  return problem === undefined || triedOverTcp === undefined ? problem : `${problem}; ${triedOverTcp}`;
}

/** What a server that hears nothing can say of it. */
function silenceOf({ statistics }: Tunnel, { listenPort, carrierPort }: GatewayOptions): string | undefined {
  const isHeard = statistics !== undefined && statistics.lastHandshake > 0;
  const ports = [`${listenPort}/UDP`, ...(carrierPort === undefined ? [] : [`${carrierPort}/TCP`])].join(" or ");
  return isHeard ? undefined : `no handshake came to port ${ports} of the gateway server`;
}

/** On the GatewayClient: a person who looks at it sees which addresses were tried. */
function endpointReport(ctx: Context, gateway: Gateway): EndpointReport {
  return new EndpointReport(eventsOf(ctx, gateway));
}

function eventsOf(ctx: Context, { options, events }: Gateway): EndpointEvents {
  const { name, namespace, gatewayUid: uid } = options;
  const metadata = { name, namespace, uid };
  const client = { apiVersion: "networking.liqo.io/v1beta1", kind: "GatewayClient", metadata };
  return {
    normal: (reason, message) => events.normal(ctx, client, reason, message),
    warning: (reason, message) => events.warning(ctx, client, reason, message),
  };
}
