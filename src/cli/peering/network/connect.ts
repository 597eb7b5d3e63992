/** The network part of peering: configurations, gateways, keys, connection. Upstream: pkg/liqoctl/network */
import { connections } from "#api/networking/connection.ts";
import type { Context } from "#base/context.ts";
import { waitForSome } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { ofPeer, type Side } from "../side.ts";
import { ensureConfiguration, ownCidrs } from "./configuration.ts";
import { checkGateways, ensureClient, ensureServer, exchangeKeys, type Gateways, gatewaysOf } from "./gateways.ts";
import type { NetworkOptions } from "./options.ts";

/**
 * `server` is to run the listening gateway, `client` to dial it. Repeatable. Two clusters have one tunnel: where a peering
 * in the other direction has made one already, that one is used, with its own options. Ends before the gateways run; the
 * function it resolves to waits for them. Upstream: pkg/liqoctl/network/handler.go
 */
export async function connectNetworks(
  ctx: Context,
  printer: Printer,
  server: Side,
  client: Side,
  options: NetworkOptions,
): Promise<() => Promise<void>> {
  const found = planTunnel(await gatewaysOf(ctx, server), await gatewaysOf(ctx, client));
  if (found.do === "refuse") throw tunnelRefused(found.cluster, server, client);
  if (found.do === "use") {
    printer.info("global", "The network is there already: the peering in the other direction has made it");
    return () => waitBoth(ctx, printer, [client, server], options);
  }
  return found.do === "reverse"
    ? makeTunnel(ctx, printer, client, server, options)
    : makeTunnel(ctx, printer, server, client, options);
}

export function tunnelRefused(at: "server" | "client", server: Side, client: Side): CliError {
  return new CliError(
    `${at === "server" ? client.peerId : server.peerId} has a gateway server and a gateway client for its peer`,
    {
      hint: "two clusters have one tunnel: delete one of the two objects (kubectl get gatewayservers,gatewayclients -A)",
    },
  );
}

export type TunnelPlan =
  | { readonly do: "make" }
  /** The other direction has begun one. */
  | { readonly do: "reverse" }
  | { readonly do: "use" }
  | { readonly do: "refuse"; readonly cluster: "server" | "client" };

/** Given the gateways at the side that is to be the server, and at the one that is to be the client. */
export function planTunnel(atServer: Gateways, atClient: Gateways): TunnelPlan {
  for (const [cluster, { server, client }] of [
    ["server", atServer],
    ["client", atClient],
  ] as const)
    if (server !== undefined && client !== undefined) return { do: "refuse", cluster };
  if (atServer.client !== undefined && atClient.server !== undefined) return { do: "use" };
  return atServer.client !== undefined || atClient.server !== undefined ? { do: "reverse" } : { do: "make" };
}

async function makeTunnel(
  ctx: Context,
  printer: Printer,
  server: Side,
  client: Side,
  options: NetworkOptions,
): Promise<() => Promise<void>> {
  if (options.isChecked) await checkGateways(ctx, server, client, options);
  const [serverCidrs, clientCidrs] = [
    await ownCidrs(ctx, server.cluster, client.peerId),
    await ownCidrs(ctx, client.cluster, server.peerId),
  ];
  await printer.step("global", "Network configurations exchanged", async () => {
    await Promise.all([
      ensureConfiguration(ctx, client, serverCidrs, options.timeoutMs),
      ensureConfiguration(ctx, server, clientCidrs, options.timeoutMs),
    ]);
  });
  const gatewayServer = await printer.step(server.scope, "Gateway server is ready", () =>
    ensureServer(ctx, server, options),
  );
  const gatewayClient = await printer.step(client.scope, "Gateway client is set up", () =>
    ensureClient(ctx, client, gatewayServer, options),
  );
  if (options.sharesKeys)
    await printer.step("global", "Public keys exchanged", () =>
      exchangeKeys(
        ctx,
        { side: server, gateway: gatewayServer },
        { side: client, gateway: gatewayClient },
        options.timeoutMs,
      ),
    );
  return () => waitBoth(ctx, printer, [client, server], options);
}

function waitBoth(
  ctx: Context,
  printer: Printer,
  sides: readonly [Side, Side],
  { timeoutMs }: NetworkOptions,
): Promise<void> {
  return printer.step("global", "Connection established", async () => {
    await Promise.all(sides.map((side) => waitConnected(ctx, side, timeoutMs)));
  });
}

async function waitConnected(ctx: Context, { cluster, namespace, peerId }: Side, timeoutMs: number): Promise<void> {
  await waitForSome(ctx, cluster.client, connections, {
    namespace,
    labelSelector: ofPeer(peerId),
    accepts: ({ status }) => status?.value === "Connected",
    timeoutMs,
    what: "the tunnel is not connected; is its UDP port reachable?",
  });
}
