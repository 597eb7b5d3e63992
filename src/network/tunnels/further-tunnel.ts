/** One tunnel beside the first: its interface, and the pings that tell whether it carries anything. Not in upstream. */
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { ConnectionChecker, type Watch } from "../conncheck/checker.ts";
import type { GatewayOptions } from "../gateway/options.ts";
import type { Machine } from "../system/machine.ts";
import { EndpointResolver } from "../wireguard/endpoint.ts";
import type { WireguardKeys } from "../wireguard/keys.ts";
import { SessionRestarts } from "../wireguard/session-restarts.ts";
import { Tunnel } from "../wireguard/tunnel.ts";
import type { TunnelStates } from "./states.ts";

/** Of tunnels that stand in for each other: silence is found at once, by both ends. */
export const QUICK_WATCH: Watch = { intervalMs: 400, silenceMs: 1_000 };

export interface FurtherTunnelOptions {
  readonly index: number;
  /** UDP, of the server. */
  readonly port: number;
  readonly mtu: number;
  readonly machine: Machine;
  readonly gateway: GatewayOptions;
  readonly keys: WireguardKeys;
  readonly states: TunnelStates;
  findPeerKey(): string | undefined;
  linkMade(): void;
}

export class FurtherTunnel implements AsyncDisposable {
  readonly port: number;
  readonly tunnel: Tunnel;
  /** Since when nothing is sent into it any more, because it is to go. */
  leavingSinceMs: number | undefined;
  readonly #options: FurtherTunnelOptions;
  readonly #end: () => void;
  readonly #running: Promise<void>;
  #checker: ConnectionChecker | undefined;

  private constructor(ctx: Context, options: FurtherTunnelOptions) {
    this.#options = options;
    this.port = options.port;
    const { mode, endpoint, dnsIntervalMs: intervalMs, implementation } = options.gateway;
    const { port, machine } = options;
    this.tunnel = new Tunnel(machine, {
      ...{ mode, implementation, index: options.index, mtu: options.mtu, keys: options.keys, listenPort: port },
      ...(endpoint !== undefined && {
        endpoint: new EndpointResolver({ ...endpoint, port }, { intervalMs, clock: machine.clock }),
      }),
      findPeerKey: () => options.findPeerKey(),
      linkMade: () => options.linkMade(),
    });
    const { ctx: own, cancel } = withCancel(ctx);
    this.#end = cancel;
    this.#running = this.tunnel.run(own);
  }

  static async open(ctx: Context, options: FurtherTunnelOptions): Promise<FurtherTunnel> {
    const further = new FurtherTunnel(ctx, options);
    further.#checker = await further.#openChecker(ctx);
    return further;
  }

  /** Pings until the context ends. */
  async ping(ctx: Context): Promise<void> {
    await this.#checker?.run(ctx);
  }

  /** Another gateway of the peer is about to take over. */
  attend(): void {
    this.#checker?.attend();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#running;
    await this.#checker?.[Symbol.asyncDispose]();
    await this.tunnel[Symbol.asyncDispose]();
  }

  async #openChecker(ctx: Context): Promise<ConnectionChecker | undefined> {
    const { gateway, machine, states, index } = this.#options;
    if (gateway.ping === undefined) return undefined;
    const { clock } = machine;
    const restarts = new SessionRestarts();
    return ConnectionChecker.open(ctx, {
      ...gateway.ping,
      // The first tunnel's answers the peer's pings, whichever way they come.
      ownPort: 0,
      watch: () => QUICK_WATCH,
      clock,
      remoteClusterId: gateway.remoteClusterId,
      address: this.tunnel.addresses.peer,
      update: (state) => {
        if (state.value === "Connected") restarts.reset();
        else ctx.log.warn("a tunnel does not answer", { link: this.tunnel.link, port: this.port });
        states.set(index, state);
      },
      missing: () => {
        states.silent(index);
        if (!restarts.isDue(clock.nowMs())) return;
        this.tunnel.restartSession(ctx).catch((error: unknown) => {
          if (!ctx.signal.aborted) ctx.log.debug("session not restarted", { error: messageOf(error) });
        });
      },
    });
  }
}
