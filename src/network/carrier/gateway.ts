/** A gateway's part in carriers: a server offers one beside UDP, a client chooses. Not in upstream. */

import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { Metrics } from "#base/metrics.ts";
import type { EndpointResolver } from "../wireguard/endpoint.ts";
import type { WireguardKeys } from "../wireguard/keys.ts";
import type { Carrier } from "./choice.ts";
import { ClientCarriers } from "./client.ts";
import { sharedSecret } from "./proof.ts";
import type { CarrierServer } from "./server.ts";
import { carrierTraffic } from "./traffic.ts";

export interface CarriersOptions {
  readonly mode: "server" | "client";
  /** Of a server to listen at, of a client to dial; undefined: there is UDP only. */
  readonly carrierPort: number | undefined;
  /** Of WireGuard. */
  readonly listenPort: number;
  readonly keys: WireguardKeys;
  readonly clock: Clock;
  /** Undefined for a gateway that is not in charge. */
  findPeerKey(): string | undefined;
}

/** Shared with whoever has the peer's key. */
function secretOf({ keys, findPeerKey }: CarriersOptions): () => Buffer | undefined {
  let known: { readonly key: string; readonly secret: Buffer | undefined } | undefined;
  return () => {
    const key = findPeerKey();
    if (key === undefined) return undefined;
    if (known?.key !== key) known = { key, secret: sharedSecret(keys, key) };
    return known.secret;
  };
}

/** Of a client that was told of a port. */
export function clientCarriers(
  ctx: Context,
  options: CarriersOptions,
  tunnel: { readonly resolver: EndpointResolver | undefined; moved(): void },
): ClientCarriers | undefined {
  const { mode, carrierPort: port, clock } = options;
  const { resolver, moved } = tunnel;
  if (mode !== "client" || port === undefined || resolver === undefined) return undefined;
  const traffic = carrierTraffic(ctx.metrics ?? new Metrics());
  return new ClientCarriers({ port, clock, traffic, resolver, secret: secretOf(options), moved });
}

/** Of a server that has a port for it. */
export async function carrierServer(ctx: Context, options: CarriersOptions): Promise<CarrierServer | undefined> {
  const { mode, carrierPort: port, listenPort: wireguardPort, clock } = options;
  if (mode !== "server" || port === undefined) return undefined;
  const traffic = carrierTraffic(ctx.metrics ?? new Metrics());
  // Most gateways never need it, and it costs memory.
  const { CarrierServer } = await import("./server.ts");
  return CarrierServer.open({ port, wireguardPort, clock, traffic, secret: secretOf(options) });
}

/** How a server's peer is reached, by the endpoint that WireGuard knows of it. */
export function carrierOfPeer(endpoint: string | undefined): Carrier | undefined {
  if (endpoint === undefined) return undefined;
  return endpoint.startsWith("127.") ? "TCP" : "UDP";
}
