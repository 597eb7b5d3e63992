/**
 * The tunnels to one peer: those beside the first come and go with the ports of the gateway's object, and flows are spread
 * over those that answer. With one there is nothing to do. Upstream's API has room for several ports, its gateway has one
 * tunnel.
 */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { GatewayOptions } from "../gateway/options.ts";
import type { TunnelWays } from "../route/spread.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { enableMultipathHash } from "../system/sysctl.ts";
import { runJson } from "../system/tools.ts";
import { TUNNEL_LINK, tunnelAddresses, tunnelLink } from "../wireguard/addresses.ts";
import type { PeerStatistics } from "../wireguard/config.ts";
import type { WireguardKeys } from "../wireguard/keys.ts";
import type { Tunnel } from "../wireguard/tunnel.ts";
import { FurtherTunnel } from "./further-tunnel.ts";
import { applyNexthops, GROUP } from "./nexthops.ts";
import { TunnelStates, tunnelsInUse } from "./states.ts";
import { followPorts, type WantedPorts } from "./wanted.ts";

const RESYNC_MS = 10_000;
/** From when this end sends nothing more into a tunnel to when the peer, whose pings are not answered, has done the same. */
const LEAVE_MS = 4_000;

export interface TunnelsOptions {
  readonly gateway: GatewayOptions;
  readonly machine: Machine;
  readonly informers: Informers;
  readonly keys: WireguardKeys;
  readonly first: Tunnel;
  findPeerKey(): string | undefined;
  /** Of the first. */
  isOverTcp(): boolean;
  /** Routes are to be looked at again. */
  routesChanged(): void;
}

export interface TunnelReport {
  readonly interface: string;
  /** UDP, of the server. */
  readonly port: number;
  readonly value: "Connecting" | "Connected" | "Error" | "Refused";
  readonly inUse: boolean;
  readonly message?: string;
  readonly latencyMs?: number | undefined;
  readonly statistics?: PeerStatistics | undefined;
}

export class Tunnels implements AsyncDisposable {
  readonly states = new TunnelStates();
  readonly #options: TunnelsOptions;
  readonly #wanted: WantedPorts;
  readonly #loop: Loop;
  readonly #further = new Map<number, FurtherTunnel>();
  #inUse: readonly number[] = [0];
  /** There were several: routes name the group from then on. */
  #isSpread = false;
  #leading: Context | undefined;
  #changed: (() => void) | undefined;
  #mtu: number;

  constructor(options: TunnelsOptions) {
    this.#options = options;
    this.#mtu = options.gateway.mtu;
    this.#wanted = followPorts(options.informers, options.gateway, () => this.trigger());
    const { clock } = options.machine;
    this.#loop = new Loop({ name: "tunnels", resyncMs: RESYNC_MS, clock, pass: (ctx) => this.#pass(ctx) });
  }

  get ways(): TunnelWays {
    const { mode } = this.#options.gateway;
    const links = [TUNNEL_LINK, ...[...this.#further.keys()].map(tunnelLink)];
    return { peer: tunnelAddresses(mode).peer, links, group: this.#isSpread ? GROUP : undefined };
  }

  /** Whether there are, or are to be, several. */
  get areSeveral(): boolean {
    return this.#further.size > 0 || this.#wanted.ports().length > 1;
  }

  /** Of several; undefined of one. */
  get reports(): readonly TunnelReport[] | undefined {
    if (!this.areSeveral) return undefined;
    const { gateway } = this.#options;
    const ports = this.#wanted.ports();
    if (gateway.ping === undefined) return ports.map((port, index) => refused(port, index));
    const present = new Map([[0, ports[0] ?? 0], ...[...this.#further].map(([at, { port }]) => [at, port] as const)]);
    return [...present].toSorted(([a], [b]) => a - b).map(([index, port]) => this.#report(index, port));
  }

  trigger(): void {
    this.#loop.trigger();
  }

  setMtu(mtu: number): void {
    this.#mtu = mtu;
    for (const tunnel of this.#all) tunnel.setMtu(mtu);
  }

  /** Whether pings that come from there are answered: those of a tunnel that leaves are not, so that the peer leaves it, too. */
  answers(address: string): boolean {
    const { mode } = this.#options.gateway;
    const leaving = [...this.#further].filter(([, { leavingSinceMs }]) => leavingSinceMs !== undefined);
    return !leaving.some(([index]) => tunnelAddresses(mode, index).peer === address);
  }

  /** Another gateway of the peer is about to take over. */
  attend(): void {
    for (const further of this.#further.values()) further.attend();
  }

  /** The peer is another, or speaks to another gateway. */
  peerChanged(): void {
    for (const tunnel of this.#all) tunnel.trigger();
  }

  /** For as long as this gateway is in charge. */
  async lead(ctx: Context): Promise<void> {
    this.#leading = ctx;
    for (const further of this.#further.values()) void further.ping(ctx);
    await aborted(ctx);
    if (this.#leading === ctx) this.#leading = undefined;
  }

  /** Called whenever there may be more to show. */
  tell(changed: () => void): void {
    this.#changed = changed;
    this.states.tell(() => this.#stateChanged());
  }

  run(ctx: Context): Promise<void> {
    return this.#loop.run(ctx);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#further.values()].map((further) => further[Symbol.asyncDispose]()));
  }

  get #all(): Tunnel[] {
    return [this.#options.first, ...[...this.#further.values()].map(({ tunnel }) => tunnel)];
  }

  #stateChanged(): void {
    if (this.#isSpread && String(this.#nextInUse()) !== String(this.#inUse)) this.#loop.trigger();
    this.#changed?.();
  }

  #nextInUse(): readonly number[] {
    const staying = [...this.states.all].filter(([index]) => {
      const further = this.#further.get(index);
      return index === 0 || (further !== undefined && further.leavingSinceMs === undefined);
    });
    return tunnelsInUse(new Map(staying), this.#inUse, (index) => index === 0 && this.#options.isOverTcp());
  }

  async #pass(ctx: Context): Promise<LoopResult> {
    const { gateway, routesChanged } = this.#options;
    // Without pings nobody would see that one is dead.
    const ports = gateway.ping === undefined ? [] : this.#wanted.ports();
    const before = this.ways;
    const retryAfterMs = await this.#keep(ctx, ports);
    if (ports.length > 1 && !this.#isSpread) this.#beginSpread(ctx);
    if (this.#isSpread) {
      await this.#spread(ctx);
      await this.#removeStale(ctx);
    }
    if (String(this.ways.links) !== String(before.links) || this.ways.group !== before.group) routesChanged();
    this.#changed?.();
    return { retryAfterMs };
  }

  #beginSpread(ctx: Context): void {
    this.#isSpread = true;
    try {
      enableMultipathHash(this.#options.machine.sysctls);
    } catch (error) {
      // A template without our init container: flows of two hosts share one tunnel, and all goes on.
      ctx.log.warn("flows are spread by addresses alone", { error: messageOf(error) });
    }
  }

  /** Adds what is missing, and lets what is not wanted go; resolves to when that is due. */
  async #keep(ctx: Context, ports: readonly number[]): Promise<number | undefined> {
    const nowMs = this.#options.machine.clock.nowMs();
    let dueMs: number | undefined;
    for (const [index, further] of this.#further) {
      if (ports[index] === further.port) {
        further.leavingSinceMs = undefined;
        continue;
      }
      further.leavingSinceMs ??= nowMs;
      const leftMs = further.leavingSinceMs + LEAVE_MS - nowMs;
      if (leftMs > 0) dueMs = Math.min(dueMs ?? leftMs, leftMs);
      else await this.#remove(ctx, index, further);
    }
    for (const [index, port] of ports.entries())
      if (index > 0 && !this.#further.has(index)) await this.#add(ctx, index, port);
    return dueMs;
  }

  async #add(ctx: Context, index: number, port: number): Promise<void> {
    const { gateway, machine, keys, findPeerKey } = this.#options;
    const further = await FurtherTunnel.open(ctx, {
      ...{ index, port, gateway, machine, keys, states: this.states, mtu: this.#mtu },
      findPeerKey,
      linkMade: () => this.trigger(),
    });
    ctx.log.info("a tunnel is added", { link: further.tunnel.link, port });
    this.#further.set(index, further);
    this.states.set(index, { value: "Connecting" });
    if (this.#leading !== undefined) void further.ping(this.#leading);
  }

  async #remove(ctx: Context, index: number, further: FurtherTunnel): Promise<void> {
    ctx.log.info("a tunnel is removed", { link: further.tunnel.link, port: further.port });
    this.#further.delete(index);
    this.states.remove(index);
    await further[Symbol.asyncDispose]();
  }

  async #spread(ctx: Context): Promise<void> {
    const { gateway, machine } = this.#options;
    const inUse = this.#nextInUse();
    const ways = inUse.map((index) => ({
      index,
      gw: tunnelAddresses(gateway.mode, index).peer,
      dev: tunnelLink(index),
    }));
    await applyNexthops(ctx, machine.tools, ways);
    if (String(inUse) !== String(this.#inUse))
      ctx.log.info("flows go into other tunnels", { links: ways.map(({ dev }) => dev).join(" ") });
    this.#inUse = inUse;
  }

  /** What a predecessor of this process left, or the kernel's WireGuard keeps. */
  async #removeStale(ctx: Context): Promise<void> {
    const { tools } = this.#options.machine;
    const links = await runJson<{ ifname: string }>(ctx, tools, ["ip", "-json", "link", "show"]);
    const own = new Set(this.ways.links);
    for (const { ifname } of links)
      if (/^liqo-tunnel\d+$/.test(ifname) && !own.has(ifname))
        await tools.run(ctx, ["ip", "link", "del", "dev", ifname]);
  }

  #report(index: number, port: number): TunnelReport {
    const { state } = this.states.all.get(index) ?? { state: { value: "Connecting" } as const };
    const tunnel = this.#further.get(index)?.tunnel ?? this.#options.first;
    return {
      ...{ interface: tunnelLink(index), port, value: state.value, inUse: this.#inUse.includes(index) },
      ...{ latencyMs: state.value === "Connected" ? state.latencyMs : undefined, statistics: tunnel.statistics },
    };
  }
}

function refused(port: number, index: number): TunnelReport {
  const link = tunnelLink(index);
  if (index === 0) return { interface: link, port, value: "Connected", inUse: true };
  const message = "several tunnels need pings (--ping-enabled): nobody else would see that one is dead";
  return { interface: link, port, value: "Refused", inUse: false, message };
}

function aborted({ signal }: Context): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
