/** What is known of a cluster when it is judged: read once, by ./gather.ts. */
import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { DaemonSet, Deployment } from "kubernetes-types/apps/v1";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Network } from "#api/ipam/network.ts";
import type { Right } from "../checks/rights.ts";
import type { Certified } from "../commands/info/certificates.ts";
import type { PeerFacts } from "../why/peer-facts.ts";
import type { Seen } from "../why/seen.ts";

export interface ApiServer {
  /** As in `v1.35.0`. */
  readonly version: string;
  /** How much its clock is ahead of the caller's; undefined: it does not say what time it is. */
  readonly aheadMs: number | undefined;
}

/** What a node's agent sees of its kernel. */
export interface Machine {
  readonly node: string;
  readonly links: Seen<readonly KernelLink[]>;
  /** Names of nftables tables. */
  readonly tables: Seen<readonly string[]>;
  readonly forwards: Seen<boolean>;
}

export interface KernelLink {
  readonly name: string;
  readonly mtu: number;
  /** `vxlan`, `veth`, … */
  readonly kind: string | undefined;
}

export interface ClusterFacts {
  /** Its id, or what it is called where it has none yet. */
  readonly name: string;
  readonly id: string | undefined;
  readonly server: string;
  readonly liqoNamespace: string;
  readonly nowMs: number;
  readonly api: Seen<ApiServer>;
  /** What is to be done next needs these: `install` or `peer`. */
  readonly rights: Seen<readonly Right[]>;
  readonly nodes: Seen<readonly Node[]>;
  /** Of nodes. */
  readonly leases: Seen<readonly Lease[]>;
  readonly services: Seen<readonly Service[]>;
  /** Undefined: Liqo is not there. */
  readonly liqo: LiqoFacts | undefined;
  /** Upstream's, that an installation would replace; undefined: none. */
  readonly upstream: Seen<string | undefined>;
}

export interface LiqoFacts {
  readonly crds: Seen<readonly CustomResourceDefinition[]>;
  readonly deployments: Seen<readonly Deployment[]>;
  readonly daemonSets: Seen<readonly DaemonSet[]>;
  readonly pods: Seen<readonly Pod[]>;
  readonly mutating: Seen<readonly MutatingWebhookConfiguration[]>;
  readonly validating: Seen<readonly ValidatingWebhookConfiguration[]>;
  /** Of Liqo's namespace. */
  readonly endpointSlices: Seen<readonly EndpointSlice[]>;
  /** Of the API server. */
  readonly apiServers: Seen<readonly EndpointSlice[]>;
  readonly networks: Seen<readonly Network[]>;
  readonly peers: Seen<readonly ForeignCluster[]>;
  readonly certified: Seen<Certified>;
  readonly machines: Seen<readonly Machine[]>;
  /** Of each peer. */
  readonly peerings: readonly PeerFacts[];
}
