/** Upstream: pkg/webhooks/foreigncluster */
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type AdmissionHandler, ALLOWED } from "#kube/webhook-server/server.ts";

export const mutateForeignCluster: AdmissionHandler = async (_ctx, request) => {
  const cluster = request.object as ForeignCluster | undefined;
  const clusterId = cluster?.spec?.clusterID;
  if (
    cluster === undefined ||
    clusterId === undefined ||
    cluster.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === clusterId
  )
    return ALLOWED;
  const value = { ...cluster.metadata?.labels, [labels.REMOTE_CLUSTER_ID]: clusterId };
  return { allowed: true, patch: [{ op: "add", path: "/metadata/labels", value }] };
};
