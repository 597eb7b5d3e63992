/**
 * What an upstream peer finds in our roles for peers: the rights that its programs use, and those that upstream's roles
 * have and ours have not.
 */
import type { Grant } from "./rights.ts";

export interface PeerRights {
  readonly role: string;
  readonly grants: readonly Grant[];
}

export interface Withheld extends PeerRights {
  readonly reason: string;
}

const CONTROL_PLANE = "liqo-remote-controlplane";
const VIRTUAL_KUBELET = "liqo-virtual-kubelet-remote";
const CLUSTER_WIDE = "liqo-virtual-kubelet-remote-clusterwide";

const REPLICATED = [
  "resourceslices.authentication.liqo.io",
  "renews.authentication.liqo.io",
  "namespacemaps.offloading.liqo.io",
];
const REFLECTED = ["configmaps", "secrets", "services", "persistentvolumeclaims", "ingresses.networking.k8s.io"];
const SHADOWS = ["shadowpods.offloading.liqo.io", "shadowendpointslices.offloading.liqo.io"];
const READ = ["list", "watch"];

/** Of upstream 1.2: its replicator and virtual kubelet as they call a provider. */
export const USED: readonly PeerRights[] = [
  { role: CONTROL_PLANE, grants: granted([...READ, "create", "update", "delete"], REPLICATED) },
  {
    role: VIRTUAL_KUBELET,
    grants: [
      // Server-side apply: patch, and create where there is none.
      ...granted([...READ, "create", "patch", "delete"], REFLECTED),
      ...granted([...READ, "create", "update", "delete"], SHADOWS),
      ...granted(READ, ["events", "pods"]),
      ...granted(["list"], ["pods.metrics.k8s.io"]),
      ...granted(["get"], ["pods/log"]),
      ...granted(["create"], ["pods/exec", "pods/attach", "pods/portforward"]),
    ],
  },
  { role: CLUSTER_WIDE, grants: granted(["get"], ["scrape/metrics.metrics.liqo.io"]) },
];

export const WITHHELD: readonly Withheld[] = [
  {
    role: CONTROL_PLANE,
    grants: granted(
      ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      REPLICATED.map((name) => name.replace(".", "/status.")),
    ),
    reason: "the status is the provider's word: what it has granted",
  },
  {
    role: CONTROL_PLANE,
    grants: granted(["deletecollection"], REPLICATED),
    reason: "one call would take all of the namespace, and with them what the provider itself asks of this peer",
  },
  {
    role: VIRTUAL_KUBELET,
    grants: granted(["create", "delete", "patch", "update"], ["events"]),
    reason: "events in the twin are said by the provider's components, and read there by its people",
  },
  { role: VIRTUAL_KUBELET, grants: granted(["list"], ["pods/log"]), reason: "there is no such request" },
  {
    role: CLUSTER_WIDE,
    grants: granted(["list", "watch"], ["scrape/metrics.metrics.liqo.io"]),
    reason: "metrics are got, in the whole cluster; nothing lists or watches them",
  },
];

function granted(verbs: readonly string[], resources: readonly string[]): Grant[] {
  return resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`));
}
