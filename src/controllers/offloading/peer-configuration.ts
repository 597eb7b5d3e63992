/** The Configuration of the network with a peer: the one in that peer's own tenant namespace. */
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { TenantNamespaces } from "#trust/tenant-namespaces.ts";

export function configurationOf(
  peer: string,
  all: readonly Configuration[],
  tenants: TenantNamespaces,
): Configuration | undefined {
  return all.find(
    ({ metadata }) =>
      metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === peer && tenants.peerOf(metadata.namespace) === peer,
  );
}
