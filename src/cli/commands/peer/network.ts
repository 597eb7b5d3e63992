/** The network part of peering: configurations, gateways, keys, connection. Upstream: pkg/liqoctl/network */

import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import type { Context } from "#base/context.ts";
import { type Cidrs, forgeConfiguration } from "#forge/networking/configuration.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { checkServerService, ensureClient, ensureServer, exchangeKeys, type NetworkOptions } from "./gateways.ts";
import type { Side } from "./side.ts";

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
  const found = planTunnel(await gatewaysOf(ctx, server, client), await gatewaysOf(ctx, client, server));
  if (found.do === "refuse")
    throw new CliError(
      `${found.cluster === "server" ? server.id : client.id} has a gateway server and a gateway client for its peer`,
      {
        hint: "two clusters have one tunnel: delete one of the two objects (kubectl get gatewayservers,gatewayclients -A)",
      },
    );
  if (found.do === "use") {
    printer.info("global", "The network is there already: the peering in the other direction has made it");
    return () => waitBoth(ctx, printer, [client, server], options);
  }
  return found.do === "reverse"
    ? makeTunnel(ctx, printer, client, server, options)
    : makeTunnel(ctx, printer, server, client, options);
}

/** The gateways of one side for the other. */
export interface Gateways {
  readonly server: GatewayServer | undefined;
  readonly client: GatewayClient | undefined;
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

async function gatewaysOf(ctx: Context, { cluster, namespace }: Side, other: Side): Promise<Gateways> {
  const key = { namespace, name: other.id };
  const [server, client] = await Promise.all([
    cluster.client.find(ctx, gatewayServers, key),
    cluster.client.find(ctx, gatewayClients, key),
  ]);
  return { server, client };
}

async function makeTunnel(
  ctx: Context,
  printer: Printer,
  server: Side,
  client: Side,
  options: NetworkOptions,
): Promise<() => Promise<void>> {
  const sides = [client, server] as const;
  await checkServerService(ctx, server, client, options);
  const cidrs = await Promise.all(sides.map((side) => ownCidrs(ctx, side)));
  await printer.step("global", "Network configurations exchanged", async () => {
    await Promise.all(
      sides.map(async (side, i) => {
        const other = sides[1 - i];
        const remote = cidrs[1 - i];
        if (other === undefined || remote === undefined) return;
        await side.cluster.client.apply(ctx, configurations, forgeConfiguration(other.id, side.namespace, remote));
        await waitFor(
          ctx,
          side.cluster.client,
          configurations,
          { namespace: side.namespace, name: other.id },
          {
            until: (found) =>
              found?.status?.conditions?.some(
                ({ type, status }) => type === "NetworkCIDRsConfigured" && status === "True",
              ) === true,
            timeoutMs: options.timeoutMs,
            what: "CIDRs not allocated",
          },
        );
      }),
    );
  });
  await printer.step(server.scope, "Gateway server is ready", () => ensureServer(ctx, server, client, options));
  await printer.step(client.scope, "Gateway client is set up", () => ensureClient(ctx, server, client, options));
  await printer.step("global", "Public keys exchanged", () => exchangeKeys(ctx, server, client, options));
  return () => waitBoth(ctx, printer, sides, options);
}

function waitBoth(
  ctx: Context,
  printer: Printer,
  sides: readonly [Side, Side],
  { timeoutMs }: NetworkOptions,
): Promise<void> {
  return printer.step("global", "Connection established", async () => {
    await Promise.all(sides.map((side, i) => waitConnected(ctx, side, sides[1 - i]?.id ?? "", timeoutMs)));
  });
}

async function ownCidrs(ctx: Context, side: Side): Promise<Cidrs> {
  const { items } = await side.cluster.client.list(ctx, networks, { namespace: side.cluster.liqoNamespace });
  const of = (type: string): string[] =>
    items
      .filter(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === type)
      .flatMap(({ status }) => status?.cidr ?? []);
  const cidrs = { pod: of("pod-cidr"), external: of("external-cidr") };
  if (cidrs.pod.length === 0 || cidrs.external.length === 0) {
    throw new CliError(`cluster ${side.id}: its pod or external CIDR has not been allocated yet`, {
      hint: "wait until its liqo-controller-manager is ready",
    });
  }
  return cidrs;
}

async function waitConnected(ctx: Context, side: Side, remoteId: string, timeoutMs: number): Promise<void> {
  await waitFor(
    ctx,
    side.cluster.client,
    connections,
    { namespace: side.namespace, name: gatewayObjectName(remoteId) },
    {
      until: (found) => found?.status?.value === "Connected",
      timeoutMs,
      what: "the tunnel is not connected; is its UDP port reachable?",
    },
  );
}
