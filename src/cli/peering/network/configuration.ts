/** What two clusters tell each other of their CIDRs. Upstream: pkg/liqoctl/network/handler.go (initNetworkConfigs) */
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { type Cidrs, forgeConfiguration } from "#forge/networking/configuration.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Side } from "../side.ts";
import { findOne } from "./gateways.ts";

/** Those of a cluster's own. Throws a CliError until they have been allocated. */
export async function ownCidrs(ctx: Context, { client, liqoNamespace }: Cluster, clusterId: string): Promise<Cidrs> {
  const { items } = await client.list(ctx, networks, { namespace: liqoNamespace });
  const of = (type: string): string[] =>
    items
      .filter(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === type)
      .flatMap(({ status }) => status?.cidr ?? []);
  const cidrs = { pod: of("pod-cidr"), external: of("external-cidr") };
  if (cidrs.pod.length === 0 || cidrs.external.length === 0) {
    throw new CliError(`cluster ${clusterId}: its pod or external CIDR has not been allocated yet`, {
      hint: "wait until its liqo-controller-manager is ready",
    });
  }
  return cidrs;
}

/** Tells `side` of the peer's CIDRs; resolves when these have a place there. */
export async function ensureConfiguration(ctx: Context, side: Side, remote: Cidrs, timeoutMs: number): Promise<void> {
  const name = (await findOne(ctx, side, configurations))?.metadata?.name ?? side.peerId;
  const { client } = side.cluster;
  await client.apply(ctx, configurations, forgeConfiguration(side.peerId, side.namespace, name, remote));
  const key = { namespace: side.namespace, name };
  await waitFor(ctx, client, configurations, key, { until: isConfigured, timeoutMs, what: "CIDRs not allocated" });
}

/** Whether all CIDRs of the peer have a place. */
export function isConfigured(found: Configuration | undefined): boolean {
  return (
    found?.status?.conditions?.some(({ type, status }) => type === "NetworkCIDRsConfigured" && status === "True") ===
    true
  );
}
