/** Whether provider and network work, as the ForeignCluster or the provider itself says. Upstream: pkg/virtualKubelet/liqoNodeProvider/{ping,reconciler}.go */
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import { type Context, withTimeout } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { apiServerStatus, hasConnection } from "#trust/reach.ts";

/** undefined: the ForeignCluster says nothing, ask the provider. */
export function isApiServerUp(peer: ForeignCluster | undefined): boolean | undefined {
  const status = apiServerStatus(peer);
  return status === undefined ? undefined : status === "Established";
}

/** undefined: the network does not count. Until a status is there the module is taken to be on. */
export function isNetworkUp(peer: ForeignCluster | undefined, isChecked: boolean): boolean | undefined {
  const networking = peer?.status?.modules?.networking;
  if (!isChecked || networking?.enabled === false) return undefined;
  return hasConnection(networking);
}

export async function isProviderLive(
  ctx: Context,
  client: KubeClient | undefined,
  timeoutMs: number,
): Promise<boolean> {
  if (client === undefined) return false;
  try {
    const body = await client.stream(withTimeout(ctx, timeoutMs), "/livez");
    body.resume();
    return true;
  } catch {
    // Whatever the reason, the provider does not answer in time.
    return false;
  }
}
