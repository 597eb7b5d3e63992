/**
 * What carries packets: tunnel, overlay links to the nodes, routes and NAT between them. Replicas that wait have all of it but
 * the peer in the tunnel, whom only one may speak to.
 */
import * as labels from "#api/labels.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import { type InternalFabric, type InternalNode, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { type PublicKey, publicKeys } from "#api/networking/publickey.ts";
import { type Context, sleep } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { Carrier } from "../carrier/choice.ts";
import type { ClientCarriers } from "../carrier/client.ts";
import { type CarriersOptions, carrierOfPeer, carrierServer, clientCarriers } from "../carrier/gateway.ts";
import type { CarrierServer } from "../carrier/server.ts";
import { type Agents, configurationAgents } from "../configurations/agents.ts";
import type { ProbePath } from "../mtu/probe-path.ts";
import { overlayAgent } from "../overlay/agent.ts";
import { gatewayLinks } from "../overlay/plan.ts";
import type { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { monitorNetwork } from "../system/monitor.ts";
import { Tunnels } from "../tunnels/tunnels.ts";
import { EndpointResolver } from "../wireguard/endpoint.ts";
import { readKeys } from "../wireguard/keys.ts";
import { Tunnel } from "../wireguard/tunnel.ts";
import { echoPathLoop } from "./echo-path.ts";
import { openProbePath } from "./mtu-meter.ts";
import type { GatewayOptions } from "./options.ts";
import { RULE_PRIORITY } from "./own-address.ts";
import { Preparation } from "./preparation.ts";
import { refusalLoop } from "./refusal.ts";

export interface Gateway {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly options: GatewayOptions;
  readonly machine: Machine;
  readonly events: EventRecorder;
}

/**
 * The first packet of a connection decides how the kernel translates all of it: one that comes before the tables, while a
 * gateway takes over from another, would keep its connection from ever being answered. No table may keep the tunnel away.
 */
const TABLES_MS = 5_000;

export class DataPlane implements AsyncDisposable {
  /** The first, and in most peerings the only one. */
  readonly tunnel: Tunnel;
  readonly tunnels: Tunnels;
  /** Of a client that was told of one. */
  readonly carriers: ClientCarriers | undefined;
  readonly probePath: ProbePath | undefined;
  readonly #carried: CarriersOptions;
  #carrierServer: CarrierServer | undefined;
  readonly #gateway: Gateway;
  readonly #charge: Charge;
  readonly #preparation: Preparation;
  readonly #tables = Promise.withResolvers<void>();
  readonly #agents: Agents;
  readonly #overlay: Loop;
  readonly #refusal: Loop;
  readonly #echoPath: Loop | undefined;
  readonly #fabrics: Informer<InternalFabric>;
  readonly #nodes: Informer<InternalNode>;

  private constructor(ctx: Context, gateway: Gateway, keys: TunnelKeys) {
    const { machine, options, informers } = gateway;
    this.#gateway = gateway;
    this.#charge = { isHeld: false };
    this.#preparation = new Preparation();
    this.#agents = this.#openAgents();
    this.#overlay = this.#openOverlay();
    this.#refusal = refusalLoop(machine, () => this.tunnels.ways);
    this.probePath = openProbePath(gateway);
    const { ping, podIp } = options;
    if (ping !== undefined && podIp !== undefined) this.#echoPath = echoPathLoop(machine, { podIp, port: ping.port });
    this.#fabrics = informers.for<InternalFabric>(internalFabrics, { namespace: options.namespace });
    this.#nodes = informers.for<InternalNode>(internalNodes);
    const { clock } = machine;
    const { endpoint, dnsIntervalMs: intervalMs } = options;
    const resolver = endpoint && new EndpointResolver(endpoint, { intervalMs, clock });
    const findPeerKey = this.#peerKeyFinder();
    const carried = { ...options, keys, clock, findPeerKey };
    this.carriers = clientCarriers(ctx, carried, { resolver, moved: () => this.tunnel.trigger() });
    this.tunnel = this.#openTunnel(keys, resolver, findPeerKey);
    this.tunnels = this.#openTunnels(keys, findPeerKey);
    this.#carried = carried;
  }

  static async open(ctx: Context, gateway: Gateway): Promise<DataPlane> {
    const plane = new DataPlane(ctx, gateway, await readKeys(gateway.options.keysDir));
    plane.#carrierServer = await carrierServer(ctx, plane.#carried);
    return plane;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.carriers?.[Symbol.dispose]();
    await this.#carrierServer?.[Symbol.asyncDispose]();
    await this.tunnels[Symbol.asyncDispose]();
    await this.tunnel[Symbol.asyncDispose]();
  }

  /** Of the first tunnel, as this end knows or sees it. */
  get carrier(): Carrier | undefined {
    return this.carriers?.carrier ?? carrierOfPeer(this.tunnel.statistics?.endpoint);
  }

  get isPrepared(): boolean {
    return this.#preparation.isComplete;
  }

  /** The address at which nodes look for the gateway in charge; undefined as long as they look for none. */
  get addressForNodes(): string | undefined {
    const { name, namespace } = this.#gateway.options;
    return this.#fabrics.store.get({ namespace, name })?.spec?.gatewayIP;
  }

  /** By which addresses are translated. */
  get tables(): readonly FirewallConfiguration[] {
    return this.#agents.tables();
  }

  /** Of this cluster, by name; undefined: not known yet. */
  get nodes(): readonly string[] | undefined {
    if (!this.#nodes.isSynced) return undefined;
    return this.#nodes.store.list().map(({ metadata }) => metadata?.name ?? "");
  }

  /** From now on this gateway speaks to the peer, or leaves it alone. */
  setInCharge(isHeld: boolean): void {
    this.#charge.isHeld = isHeld;
    if (!isHeld) this.#carrierServer?.closeAll();
    this.tunnels.peerChanged();
    for (const loop of [this.#agents.routes, this.#agents.firewall]) loop.trigger();
  }

  /** Another gateway is in charge: TCP would keep its client here, where nothing comes any more. */
  closeCarrier(): void {
    this.#carrierServer?.leave();
  }

  async run(ctx: Context): Promise<void> {
    const { machine, options } = this.#gateway;
    const { routes, firewall } = this.#agents;
    const followers = [this.tunnel, this.tunnels, this.#overlay, routes];
    const translates = Promise.race([this.#tables.promise, sleep(ctx, TABLES_MS, machine.clock)]);
    await Promise.all([
      ...[routes, firewall, this.#refusal, this.probePath?.loop, this.#echoPath].map((each) => each?.run(ctx)),
      ...[this.tunnel, this.tunnels, this.#overlay].map((each) => translates.then(() => each.run(ctx))),
      ...(options.followsRoutes ? [monitorNetwork(ctx, machine, followers)] : []),
    ]);
  }

  #openAgents(): Agents {
    const { client, informers, events, machine, options } = this.#gateway;
    const { name, nodeName, remoteClusterId, restoresDrift } = options;
    return configurationAgents({
      ...{ client, informers, restoresDrift, machine, events },
      place: { category: "gateway", remoteClusterId, nodeName },
      host: name,
      rulePriority: RULE_PRIORITY,
      ways: () => this.tunnels.ways,
      reports: () => this.#charge.isHeld,
      routesApplied: () => this.#preparation.done("routes"),
      tablesApplied: () => {
        this.#preparation.done("tables");
        this.#tables.resolve();
      },
    });
  }

  #openOverlay(): Loop {
    const { informers, machine, options } = this.#gateway;
    return overlayAgent({
      ...{ informers, machine, namespace: options.namespace },
      ...{ kind: options.overlay, port: options.overlayPort, hasArp: options.hasArp },
      links: (objects) => gatewayLinks(options.nodeName, objects),
      changed: () => this.#agents.routes.trigger(),
      settled: () => this.#settled("links"),
    });
  }

  /** Of the peer, for whoever is in charge; its changes trigger the tunnel. */
  #peerKeyFinder(): () => string | undefined {
    const { informers, options } = this.#gateway;
    const peers = informers.for<PublicKey>(publicKeys, {
      namespace: options.namespace,
      labelSelector: `${labels.REMOTE_CLUSTER_ID}=${options.remoteClusterId},${labels.GATEWAY_RESOURCE}=true`,
    });
    const trigger = (): void => this.tunnels.peerChanged();
    peers.addHandler({ added: trigger, updated: trigger, deleted: trigger });
    const peerKey = (): string | undefined =>
      peers.store.list().find((key) => key.metadata?.deletionTimestamp === undefined)?.spec?.publicKey;
    return () => (this.#charge.isHeld ? peerKey() : undefined);
  }

  #openTunnel(keys: TunnelKeys, endpoint: EndpointResolver | undefined, findPeerKey: () => string | undefined): Tunnel {
    const { machine, options } = this.#gateway;
    const { mode, mtu, listenPort, implementation } = options;
    return new Tunnel(machine, {
      ...{ mode, mtu, listenPort, implementation, keys },
      ...(endpoint !== undefined && { endpoint }),
      relayed: () => this.carriers?.relayed,
      findPeerKey,
      // Routes over it are gone.
      linkMade: () => {
        for (const loop of [this.#agents.routes, this.#refusal, this.probePath?.loop]) loop?.trigger();
      },
      settled: () => this.#settled("tunnel"),
    });
  }

  #openTunnels(keys: TunnelKeys, findPeerKey: () => string | undefined): Tunnels {
    const { machine, options: gateway, informers } = this.#gateway;
    return new Tunnels({
      ...{ gateway, machine, informers, keys, first: this.tunnel, findPeerKey },
      isOverTcp: () => this.carrier === "TCP",
      routesChanged: () => {
        for (const loop of [this.#agents.routes, this.#refusal]) loop.trigger();
      },
    });
  }

  #settled(step: "tunnel" | "links"): void {
    this.#preparation.done(step);
    // They are looked at once more, now that what they lead over is there.
    if (!this.isPrepared) this.#agents.routes.trigger();
  }
}

type TunnelKeys = Awaited<ReturnType<typeof readKeys>>;

interface Charge {
  isHeld: boolean;
}
