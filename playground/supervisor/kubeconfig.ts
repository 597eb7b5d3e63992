/** The one kubeconfig of a playground: a context per cluster, the first cluster current. */

import type { Identity } from "#pki/certificate.ts";
import { forgeKubeconfig, type Kubeconfig, mergeKubeconfigs } from "#pki/kubeconfig.ts";

export interface ClusterAccess {
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly admin: Identity;
}

export function mergeKubeconfig(clusters: readonly ClusterAccess[]): Kubeconfig | undefined {
  return mergeKubeconfigs(
    clusters.map(({ name, server, ca, admin }) =>
      forgeKubeconfig({ cluster: name, server, ca, user: `${name}-admin`, credentials: admin }),
    ),
  );
}
