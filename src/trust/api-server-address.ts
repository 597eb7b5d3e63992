/** Where peers reach the API server of a cluster that does not say so itself. Upstream: pkg/utils/apiserver */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes } from "#machinery/builtin.ts";

/** The node of the control plane. Throws an Error when there is none. */
export async function controlPlaneAddress(ctx: Context, client: KubeClient): Promise<string> {
  const { items } = await client.list(ctx, nodes, { labelSelector: "node-role.kubernetes.io/control-plane" });
  const address = items[0]?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
  if (address === undefined) {
    throw new Error(
      "find the API server's address: no node has the role control-plane; set apiServer.address in the chart's values",
    );
  }
  return `https://${address}:6443`;
}

/** As `--api-server-address-override` gives it: a URL or host:port. */
export function withScheme(address: string): string {
  return address.startsWith("https://") ? address : `https://${address}`;
}
