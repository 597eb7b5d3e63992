/** The tunnel to one peer: interface, address, keys and peer kept as they should be. Upstream: pkg/gateway/tunnel/wireguard */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { ipBatch, type Tools } from "../system/tools.ts";
import { type TunnelAddresses, tunnelAddresses, tunnelLink } from "./addresses.ts";
import {
  isInterfaceSet,
  type PeerStatistics,
  parseDump,
  parseInterface,
  peerChanges,
  renderConfig,
  type WireguardConfig,
  type WireguardPeer,
} from "./config.ts";
import type { Implementation, WireguardDriver } from "./driver.ts";
import type { EndpointResolver } from "./endpoint.ts";
import type { WireguardKeys } from "./keys.ts";
import { openDriver } from "./open-driver.ts";

export const DEFAULT_PORT = 51840;
export const DEFAULT_MTU = 1340;
const PREFIX_LENGTH = 30;
const CHECK_MS = 5_000;

export interface TunnelOptions {
  readonly mode: "server" | "client";
  /** Among those of its peering. Default: the first, 0. */
  readonly index?: number;
  /** Until another one is set. */
  readonly mtu: number;
  readonly listenPort: number;
  readonly implementation: Implementation;
  readonly keys: WireguardKeys;
  /** Only of a client. */
  readonly endpoint?: EndpointResolver;
  /** What stands for the server, `ip:port`, while another carrier is in use: see ../carrier. */
  relayed?(): string | undefined;
  /** The peer's public key as known now, base64; while there is none, nothing is sent or taken. */
  findPeerKey(): string | undefined;
  /** Called when the interface was made or made anew: routes over it are gone. */
  linkMade?(): void;
  /** Called whenever all is as it should be. */
  settled?(): void;
}

export class Tunnel implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #tools: Tools;
  readonly #options: TunnelOptions;
  readonly #loop: Loop;
  readonly link: string;
  #driver: WireguardDriver | undefined;
  /** The interface was made, and nobody was told yet. */
  #isNews = false;
  #statistics: PeerStatistics | undefined;
  /** As it was set last. */
  #dialled: WireguardPeer | undefined;
  #mtu: number;

  constructor(machine: Machine, options: TunnelOptions) {
    this.#machine = machine;
    this.#tools = machine.tools;
    this.#options = options;
    this.#mtu = options.mtu;
    this.link = tunnelLink(options.index ?? 0);
    this.#loop = new Loop({
      name: "tunnel",
      resyncMs: CHECK_MS,
      clock: machine.clock,
      pass: (ctx) => this.#pass(ctx),
    });
  }

  /** Of this end, and of the other: where its conncheck listens. */
  get addresses(): TunnelAddresses {
    return tunnelAddresses(this.#options.mode, this.#options.index);
  }

  get driver(): WireguardDriver | undefined {
    return this.#driver;
  }

  /** Of at most five seconds ago. */
  get statistics(): PeerStatistics | undefined {
    return this.#statistics;
  }

  trigger(): void {
    this.#loop.trigger();
  }

  /** In place of the one that it began with. */
  setMtu(mtu: number): void {
    if (mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#loop.trigger();
  }

  run(ctx: Context): Promise<void> {
    return this.#loop.run(ctx);
  }

  /** `ip:port` of the server that this client speaks to. */
  get endpoint(): string | undefined {
    return this.#options.endpoint?.current;
  }

  /**
   * Forgets the session and begins a new handshake with the next packet, at the next address where there are several;
   * WireGuard alone would wait 15 s after its peer was replaced. Only a client may: the server would forget where its
   * client is.
   */
  async restartSession(ctx: Context): Promise<void> {
    const peer = this.#options.findPeerKey();
    if (this.#options.mode !== "client" || peer === undefined || this.#driver === undefined) return;
    if (this.#options.relayed?.() === undefined) this.#options.endpoint?.advance();
    // From another port: what stands between may go on sending those of this one to a server that is gone.
    await this.#tools.run(ctx, ["wg", "set", this.link, "listen-port", "0", "peer", peer, "remove"]);
    this.#loop.trigger();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver?.[Symbol.asyncDispose]();
  }

  async #pass(ctx: Context): Promise<LoopResult> {
    const { implementation, mode, listenPort, keys, endpoint } = this.#options;
    this.#driver ??= await openDriver(ctx, this.#machine, {
      link: this.link,
      implementation,
      lost: () => this.#loop.trigger(),
    });
    if (await this.#driver.ensureLink(ctx)) {
      ctx.log.info("tunnel interface made", { link: this.link, driver: this.#driver.description });
      this.#isNews = true;
    }
    const publicKey = this.#options.findPeerKey();
    const resolved = mode === "client" && publicKey !== undefined ? await endpoint?.resolve() : undefined;
    const target = resolved === undefined ? undefined : (this.#options.relayed?.() ?? resolved);
    await this.#configure(ctx, {
      privateKey: keys.privateKey,
      ...(mode === "server" && { listenPort }),
      ...(publicKey !== undefined && { peer: { publicKey, ...(target !== undefined && { endpoint: target }) } }),
    });
    await this.#ensureAddress(ctx, this.#mtu);
    if (this.#isNews) this.#options.linkMade?.();
    this.#isNews = false;
    this.#options.settled?.();
    return { retryAfterMs: Math.min(CHECK_MS, endpoint?.intervalMs ?? CHECK_MS) };
  }

  /** Changes what differs, and nothing else. */
  async #configure(ctx: Context, config: WireguardConfig): Promise<void> {
    const dump = await this.#tools.run(ctx, ["wg", "show", this.link, "dump"]);
    const peers = parseDump(dump);
    this.#statistics = peers[0];
    if (!isInterfaceSet(config, parseInterface(dump))) await this.#configureAll(ctx, config);
    else
      for (const change of peerChanges(
        config.peer,
        peers.map((peer) => this.#asDialled(peer)),
      ))
        await this.#tools.run(ctx, ["wg", "set", this.link, ...change]);
    this.#dialled = config.peer;
  }

  /** WireGuard follows a peer that answers from elsewhere: that is no reason to dial again. */
  #asDialled(peer: PeerStatistics): PeerStatistics {
    const dialled = this.#dialled;
    return dialled?.publicKey === peer.publicKey ? { ...peer, endpoint: dialled.endpoint } : peer;
  }

  /** Through a file that only we can read: a key on a command line could be seen by every process. */
  async #configureAll(ctx: Context, config: WireguardConfig): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "liqo-tunnel-"));
    try {
      const path = join(folder, "wg.conf");
      await writeFile(path, renderConfig(config), { mode: 0o600 });
      await this.#tools.run(ctx, ["wg", "syncconf", this.link, path]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #ensureAddress(ctx: Context, mtu: number): Promise<void> {
    const [failure] = await ipBatch(ctx, this.#tools, [
      `addr replace ${this.addresses.own}/${PREFIX_LENGTH} dev ${this.link}`,
      `link set dev ${this.link} mtu ${mtu} up`,
    ]);
    if (failure !== undefined) throw new Error(`set up ${this.link}: ${failure.message}`);
  }
}
