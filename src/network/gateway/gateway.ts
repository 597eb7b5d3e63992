/**
 * One gateway: tunnel, overlay links to the nodes, routes and NAT between them, and the ping that says whether it works.
 * Upstream: cmd/gateway/{main.go,wireguard,geneve}, there three containers of one pod.
 */
import * as labels from "#api/labels.ts";
import { type PublicKey, publicKeys } from "#api/networking/publickey.ts";
import { type Context, sleep } from "#base/context.ts";
import { Metrics } from "#base/metrics.ts";
import { gatewayLeaseName } from "#forge/networking/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runElected } from "#kube/election/leader.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { startHealthServer } from "#kube/health/server.ts";
import { Informers } from "#kube/informer/informers.ts";
import { type Agents, configurationAgents } from "../configurations/agents.ts";
import { ConnectionChecker, type PeerState } from "../conncheck/checker.ts";
import { type ConnectionWriter, connectionWriter } from "../conncheck/connection.ts";
import { overlayAgent } from "../overlay/agent.ts";
import { gatewayLinks } from "../overlay/plan.ts";
import type { Loop } from "../system/loop.ts";
import { type Machine, THIS_MACHINE } from "../system/machine.ts";
import { monitorNetwork } from "../system/monitor.ts";
import { enableMultipathHash, makeRouter } from "../system/sysctl.ts";
import { EndpointResolver } from "../wireguard/endpoint.ts";
import { EndpointReport } from "../wireguard/endpoint-report.ts";
import { readKeys } from "../wireguard/keys.ts";
import { Tunnel, tunnelAddresses } from "../wireguard/tunnel.ts";
import { latencyHistogram, renderMetrics } from "./metrics.ts";
import type { GatewayOptions } from "./options.ts";
import { RULE_PRIORITY, shareOwnAddress } from "./own-address.ts";
import { peerReactions } from "./peer-reactions.ts";
import { refusalLoop } from "./refusal.ts";

const COMPONENT = "liqo-gateway";

/** Runs until the context ends; rejects when it cannot start or lost its lease, so that the pod restarts. */
export async function runGateway(
  ctx: Context,
  client: KubeClient,
  options: GatewayOptions,
  machine = THIS_MACHINE,
): Promise<void> {
  const reading = { isReady: false, metrics: () => "" };
  await using servers = new AsyncDisposableStack();
  const { metrics = new Metrics() } = ctx;
  const ofAll = { render: () => metrics.render() + reading.metrics() };
  const { healthPort, metricsPort, leaderElection } = options;
  servers.use(await startHealthServer({ port: healthPort, isReady: () => reading.isReady }));
  servers.use(await startHealthServer({ port: metricsPort, metrics: ofAll }));
  makeRouter(machine.sysctls);
  await shareOwnAddress(ctx, machine.tools);
  if (options.usesMultipathHash) enableMultipathHash(machine.sysctls);
  const events = new EventRecorder(client, { component: COMPONENT, host: options.podName }, machine.clock);
  const lead = (leading: Context): Promise<void> => work(leading, { client, options, machine, events }, reading);
  // Awaited here: what is in use is disposed of when this function returns.
  if (leaderElection === undefined) return await lead(ctx);
  // A replica that waits is as ready as it can be; the Service finds the active one by its label, which
  // liqo-controller-manager gives to the holder of the Lease.
  reading.isReady = true;
  const { leaseMs, renewDeadlineMs, retryMs } = leaderElection;
  const name = gatewayLeaseName(options.name, options.namespace, options.mode);
  await runElected(
    ctx,
    client,
    {
      lease: { namespace: options.namespace, name },
      identity: options.podName,
      labels: { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: options.name },
      leaseSeconds: Math.ceil(leaseMs / 1_000),
      renewMs: retryMs,
      renewDeadlineMs,
      retryMs,
      clock: machine.clock,
    },
    lead,
  );
}

interface Reading {
  isReady: boolean;
  metrics: () => string;
}

interface Gateway {
  readonly client: KubeClient;
  readonly options: GatewayOptions;
  readonly machine: Machine;
  readonly events: EventRecorder;
}

async function work(ctx: Context, gateway: Gateway, reading: Reading): Promise<void> {
  const { client, options, machine } = gateway;
  await using informers = new Informers(ctx, client);
  const tables = Promise.withResolvers<void>();
  const agents = gatewayAgents(gateway, informers, () => tables.resolve());
  const overlay = gatewayOverlay(gateway, informers, agents);
  const { peer } = tunnelAddresses(options.mode);
  const refusal = refusalLoop(machine, peer);
  await using tunnel = await openTunnel(gateway, informers, [agents.routes, refusal]);
  const connection = connectionWriter(
    client,
    { ...options, uid: options.gatewayUid },
    { intervalMs: options.statusIntervalMs, clock: machine.clock, implementation: () => tunnel.driver?.description },
  );
  await using checker = await openChecker(ctx, gateway, tunnel, connection);
  reading.metrics = () =>
    renderMetrics({
      remoteClusterId: options.remoteClusterId,
      state: checker?.state ?? CONNECTED,
      statistics: tunnel.statistics,
      implementation: tunnel.driver?.implementation,
    });
  void informers.synced().then(() => {
    reading.isReady = true;
  });
  const translates = Promise.race([tables.promise, sleep(ctx, TABLES_MS, machine.clock)]);
  await Promise.all([
    ...[agents.routes, agents.firewall, refusal, connection].map((each) => each.run(ctx)),
    ...[tunnel, overlay].map((each) => translates.then(() => each.run(ctx))),
    ...(options.followsRoutes ? [monitorNetwork(ctx, machine, [tunnel, overlay, agents.routes])] : []),
    ...(checker === undefined ? [] : [checker.run(ctx)]),
  ]);
}

/**
 * The first packet of a connection decides how the kernel translates all of it: one that comes before the tables, while a
 * gateway takes over from another, would keep its connection from ever being answered. No table may keep the tunnel away.
 */
const TABLES_MS = 5_000;

function gatewayAgents(
  { client, options, machine, events }: Gateway,
  informers: Informers,
  tablesApplied: () => void,
): Agents {
  const { name, nodeName, remoteClusterId, restoresDrift } = options;
  return configurationAgents({
    ...{ client, informers, restoresDrift, machine, events, tablesApplied },
    place: { category: "gateway", remoteClusterId, nodeName },
    host: name,
    rulePriority: RULE_PRIORITY,
  });
}

function gatewayOverlay({ options, machine }: Gateway, informers: Informers, agents: Agents): Loop {
  return overlayAgent({
    informers,
    machine,
    namespace: options.namespace,
    kind: options.overlay,
    port: options.overlayPort,
    hasArp: options.hasArp,
    links: (objects) => gatewayLinks(options.nodeName, objects),
    changed: () => agents.routes.trigger(),
  });
}

/** `onLink` is triggered when the interface was made: routes over it are gone. */
async function openTunnel(
  { options, machine }: Gateway,
  informers: Informers,
  onLink: readonly Loop[],
): Promise<Tunnel> {
  const { mode, mtu, listenPort, implementation, endpoint } = options;
  const keys = informers.for<PublicKey>(publicKeys, {
    namespace: options.namespace,
    labelSelector: `${labels.REMOTE_CLUSTER_ID}=${options.remoteClusterId},${labels.GATEWAY_RESOURCE}=true`,
  });
  const tunnel = new Tunnel(machine, {
    ...{ mode, mtu, listenPort, implementation },
    keys: await readKeys(options.keysDir),
    ...(endpoint !== undefined && {
      endpoint: new EndpointResolver(endpoint, { intervalMs: options.dnsIntervalMs, clock: machine.clock }),
    }),
    findPeerKey: () => keys.store.list().find((key) => key.metadata?.deletionTimestamp === undefined)?.spec?.publicKey,
    linkMade: () => {
      for (const loop of onLink) loop.trigger();
    },
  });
  const trigger = (): void => tunnel.trigger();
  keys.addHandler({ added: trigger, updated: trigger, deleted: trigger });
  return tunnel;
}

const CONNECTED: PeerState = { value: "Connected", latencyMs: 0 };

/** Without ping the connection counts as connected, as upstream's. */
async function openChecker(
  ctx: Context,
  gateway: Gateway,
  tunnel: Tunnel,
  connection: ConnectionWriter,
): Promise<ConnectionChecker | undefined> {
  const { options, machine } = gateway;
  if (options.ping === undefined) {
    connection.update(CONNECTED);
    return undefined;
  }
  const latency = latencyHistogram(ctx.metrics ?? new Metrics(), options.remoteClusterId);
  return ConnectionChecker.open(ctx, {
    ...options.ping,
    clock: machine.clock,
    remoteClusterId: options.remoteClusterId,
    address: tunnel.addresses.peer,
    ...peerReactions(ctx, {
      remoteClusterId: options.remoteClusterId,
      clock: machine.clock,
      tunnel,
      connection,
      latency,
      report: endpointReport(ctx, gateway),
    }),
  });
}

/** On the GatewayClient: a person who looks at it sees which addresses were tried. */
function endpointReport(ctx: Context, { options, events }: Gateway): EndpointReport {
  const { name, namespace, gatewayUid: uid } = options;
  const metadata = { name, namespace, uid };
  const client = { apiVersion: "networking.liqo.io/v1beta1", kind: "GatewayClient", metadata };
  return new EndpointReport({
    normal: (reason, message) => events.normal(ctx, client, reason, message),
    warning: (reason, message) => events.warning(ctx, client, reason, message),
  });
}
