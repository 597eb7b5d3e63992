/**
 * The carriers of a client's tunnel: UDP, and where that is shut TCP, which is dialled at every address of the server as soon
 * as UDP is silent. The choice is in choice.ts. Not in upstream.
 */
import type { WebSocket } from "ws";
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { EndpointResolver } from "../wireguard/endpoint.ts";
import { type Carrier, Choice } from "./choice.ts";
import { Relay } from "./relay.ts";
import { CarrierResults, HEARD, UNHEARD } from "./results.ts";
import type { Traffic } from "./traffic.ts";

export interface ClientCarriersOptions {
  /** Of the server's carrier, at each of its addresses. */
  readonly port: number;
  readonly clock: Clock;
  readonly traffic: Traffic;
  readonly resolver: Pick<EndpointResolver, "candidates" | "current" | "use">;
  /** Shared with the server; undefined as long as its key is not known. */
  secret(): Buffer | undefined;
  /** WireGuard has another endpoint, and its session goes on. */
  moved(): void;
}

export interface CarrierListener {
  /** There is more to tell. */
  changed(): void;
  /** The tunnel goes another way now. */
  switched(message: string): void;
}

/** TCP, TLS and an upgrade, each a round trip or two. */
const DIAL_MS = 4_000;

export class ClientCarriers implements Disposable {
  readonly #options: ClientCarriersOptions;
  readonly #choice = new Choice();
  readonly #results = new CarrierResults();
  #listener: CarrierListener | undefined;
  #relay: Relay | undefined;
  /** Where the connection over TCP leads. */
  #address: string | undefined;
  #dialling: (() => void) | undefined;
  #asked = 0;

  constructor(options: ClientCarriersOptions) {
    this.#options = options;
  }

  /** What WireGuard has to take for its peer; undefined: the peer itself. */
  get relayed(): string | undefined {
    return this.#choice.carrier === "TCP" ? this.#relay?.endpoint : undefined;
  }

  get carrier(): Carrier {
    return this.#choice.carrier;
  }

  /** Such as `TCP 192.0.2.1:443`. */
  get current(): string | undefined {
    const { carrier } = this.#choice;
    const address = carrier === "TCP" ? this.#address : this.#options.resolver.current;
    return address === undefined ? undefined : `${carrier} ${address}`;
  }

  /** What came of each carrier at each address. */
  get tried(): string | undefined {
    return this.#results.text();
  }

  /** The same of TCP alone. */
  get triedOverTcp(): string | undefined {
    return this.#results.text("TCP");
  }

  tell(listener: CarrierListener): void {
    this.#listener = listener;
  }

  /** A new session is due; tells whether it has to begin. */
  silent(ctx: Context): boolean {
    const { clock, resolver } = this.#options;
    const { carrier } = this.#choice;
    const step = this.#choice.silent(clock.nowMs(), {
      udpAddresses: resolver.candidates.length,
      isConnected: this.#relay?.isConnected === true,
    });
    const silent = carrier === "UDP" ? resolver.current : this.#address;
    if (silent !== undefined) this.#result(carrier, silent, carrier === "UDP" ? UNHEARD : `connected, ${UNHEARD}`);
    if (step === "again" || step === "UDP") this.#dial(ctx);
    if (step === "again") return true;
    this.#relay?.hold(step === "UDP");
    this.#switched(ctx);
    if (step !== "resume") return true;
    this.#options.moved();
    return false;
  }

  answered(ctx: Context): void {
    const { clock, resolver } = this.#options;
    const step = this.#choice.answered(clock.nowMs());
    const { carrier } = this.#choice;
    const address = carrier === "UDP" ? resolver.current : this.#address;
    if (address !== undefined) this.#result(carrier, address, HEARD);
    if (step === "settle" || (carrier === "UDP" && !this.#choice.isTrial)) this.#letGo(ctx);
    // Every address in turn.
    const asked = resolver.candidates[this.#asked++ % Math.max(1, resolver.candidates.length)];
    if (step === "ask" && asked !== undefined) this.#relay?.ask(asked);
  }

  [Symbol.dispose](): void {
    this.#dialling?.();
    this.#relay?.[Symbol.dispose]();
    this.#relay = undefined;
  }

  /** At every address, unless that is being done; the first that is open is used. */
  #dial(ctx: Context): void {
    const secret = this.#options.secret();
    if (this.#dialling !== undefined || secret === undefined) return;
    const { ctx: dialling, cancel } = withCancel(ctx);
    this.#dialling = cancel;
    const { clock, port, resolver } = this.#options;
    const addresses = [...new Set(resolver.candidates.map((each) => `${each.split(":")[0]}:${port}`))];
    this.#results.keep({ UDP: resolver.candidates, TCP: addresses });
    let isFound = false;
    const dialled = addresses.map(async (address) => {
      try {
        const { signal } = dialling;
        // Most gateways never need it, and it costs memory.
        const { dialCarrier } = await import("./dial.ts");
        const socket = await dialCarrier({ address, secret, timeoutMs: DIAL_MS, clock, signal });
        this.#result("TCP", address, HEARD);
        // Another was open before.
        if (isFound || signal.aborted) return socket.terminate();
        isFound = true;
        await this.#use(ctx, socket, address);
      } catch (error) {
        if (!dialling.signal.aborted) this.#result("TCP", address, messageOf(error));
      }
    });
    void Promise.all(dialled).then(() => {
      this.#dialling = undefined;
      cancel();
    });
  }

  async #use(ctx: Context, socket: WebSocket, address: string): Promise<void> {
    const { clock, traffic } = this.#options;
    this.#relay ??= await Relay.open({
      clock,
      traffic,
      open: (udp) => this.#open(udp),
      lost: () => {
        if (this.#choice.carrier === "TCP" && !ctx.signal.aborted) this.#dial(ctx);
      },
    });
    this.#address = address;
    this.#relay.use(socket);
  }

  /** UDP was answered. */
  #open(address: string): void {
    if (this.#choice.carrier === "UDP") return;
    this.#choice.open(this.#options.clock.nowMs());
    this.#options.resolver.use(address);
    this.#relay?.hold(true);
    this.#result("UDP", address, HEARD);
    this.#listener?.switched(`the tunnel is carried by ${this.current} again`);
    this.#listener?.changed();
    this.#options.moved();
  }

  #letGo(ctx: Context): void {
    this.#dialling?.();
    if (this.#relay === undefined) return;
    ctx.log.debug("the connection over TCP is not needed any more", { address: this.#address });
    this.#relay[Symbol.dispose]();
    this.#relay = undefined;
    this.#address = undefined;
  }

  #result(carrier: Carrier, address: string, result: string): void {
    if (this.#results.set(carrier, address, result)) this.#listener?.changed();
  }

  #switched(ctx: Context): void {
    const { current = "", tried = "" } = this;
    ctx.log.info("another carrier", { carrier: current, tried });
    this.#listener?.switched(`the tunnel is carried by ${current} now (${tried})`);
    this.#listener?.changed();
  }
}
