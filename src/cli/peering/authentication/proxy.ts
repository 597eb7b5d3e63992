/** How a consumer reaches the API server of a provider that its nodes do not reach. Upstream: pkg/liqoctl/authenticate/handler.go */
import { ips } from "#api/ipam/ip.ts";
import { configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { API_SERVER_PROXY_IP } from "#forge/ip.ts";
import { remapAddress } from "#forge/networking/remap.ts";
import { waitFor } from "../../cluster.ts";
import { flag } from "../../command/flag.ts";
import { CliError } from "../../errors.ts";
import { findOne } from "../network/gateways.ts";
import type { Side } from "../side.ts";

/** Of the Service, in the chart; upstream's, too. */
const PROXY_PORT = 8118;

export const proxyFlag = flag.string("proxy for the provider's API server", "url");

/** For who sees both clusters: those who do not can ask for the address by --proxy-url. */
export const proxyFlags = {
  inBand: flag.boolean(
    "reach the provider's API server through the tunnel between the clusters, by the proxy that Liqo runs there",
  ),
  proxyUrl: proxyFlag,
};

/** As Transport and Identities take it. */
export function requireProxyUrl(url: string | undefined): void {
  if (url === undefined) return;
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "http:" || parsed.username !== "" || parsed.password !== "")
    throw new CliError(`--proxy-url "${url}": must be a URL such as http://10.70.0.3:${PROXY_PORT}`);
}

/** That of the provider's own proxy, as the consumer sees it. Throws a CliError when there is no way to it. */
export async function inBandProxyUrl(ctx: Context, consumer: Side, provider: Side, timeoutMs: number): Promise<string> {
  const { client, liqoNamespace, server } = provider.cluster;
  const configuration = await findOne(ctx, consumer, configurations);
  if (configuration === undefined)
    throw new CliError(`--in-band: ${provider.peerId} has no network with ${consumer.peerId}`, {
      hint: "`liqoctl network connect` makes it, and so does `liqoctl peer` without --networking-disabled",
    });
  const key = { namespace: liqoNamespace, name: API_SERVER_PROXY_IP };
  if ((await client.find(ctx, ips, key)) === undefined)
    throw new CliError(
      `--in-band: ${consumer.peerId} has no proxy: IP ${liqoNamespace}/${key.name} is missing on ${server}`,
      {
        hint: "there, `liqoctl install --set proxy.enabled=true` makes one",
      },
    );
  const address = await addressOf(ctx, provider, timeoutMs);
  const seen = remapAddress(address, configuration);
  if (seen !== undefined) return `http://${seen}:${PROXY_PORT}`;
  throw new CliError(`--in-band: ${address}, the proxy of ${consumer.peerId}, is not in its external CIDR`, {
    hint: `compare Configuration ${consumer.namespace}/${configuration.metadata?.name} here with the Networks of ${consumer.peerId}`,
  });
}

/** Asked by name alone: a peering user sees no other IP. */
async function addressOf(ctx: Context, { cluster }: Side, timeoutMs: number): Promise<string> {
  const key = { namespace: cluster.liqoNamespace, name: API_SERVER_PROXY_IP };
  const found = await waitFor(ctx, cluster.client, ips, key, {
    until: (ip) => ip?.status?.ip !== undefined,
    timeoutMs,
    what: "no address from the external CIDR",
  });
  return found?.status?.ip ?? "";
}
