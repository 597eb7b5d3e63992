/** The ForeignCluster of a peer. Upstream: pkg/liqo-controller-manager/core/foreigncluster-creator */
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";

export function forgeForeignCluster(peer: string): ForeignCluster {
  return {
    metadata: { name: peer, labels: { [labels.REMOTE_CLUSTER_ID]: peer } },
    spec: { clusterID: peer },
  };
}
