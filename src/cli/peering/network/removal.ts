/** One side's part of a network, taken back. Upstream: pkg/liqoctl/network/handler.go (RunDisconnect, RunReset) */
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import type { Context } from "#base/context.ts";
import { waitForNone } from "../../cluster.ts";
import { type Kinds, type RemovalOptions, removeAll } from "../remove-all.ts";
import type { Side } from "../side.ts";

/** The tunnel goes; the CIDRs keep their places. A PublicKey that was made by hand belongs to no gateway. */
export async function removeGateways(ctx: Context, side: Side, options: RemovalOptions): Promise<void> {
  await remove(ctx, side, [gatewayClients, gatewayServers, publicKeys], options);
}

export async function resetNetwork(ctx: Context, side: Side, options: RemovalOptions): Promise<void> {
  await removeGateways(ctx, side, options);
  await remove(ctx, side, [configurations], options);
  if (!options.wait) return;
  // They go with the configuration, by garbage collection: until then `liqoctl uninstall` would find Liqo in use.
  const own = { namespace: side.namespace };
  for (const resource of [ips, networks] as Kinds)
    await waitForNone(ctx, side.cluster.client, resource, own, options.timeoutMs);
}

async function remove(ctx: Context, side: Side, kinds: Kinds, { timeoutMs, wait }: RemovalOptions): Promise<void> {
  const { client } = side.cluster;
  const own = { namespace: side.namespace };
  for (const resource of kinds) {
    await removeAll(ctx, client, resource, own);
    if (wait) await waitForNone(ctx, client, resource, own, timeoutMs);
  }
}
