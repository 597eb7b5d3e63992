/** What every controller of liqo-controller-manager is given. */
import type { Clock } from "#base/clock.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { KeyAlgorithm } from "#pki/keys.ts";

export interface Deps {
  readonly client: KubeClient;
  readonly informers: Informers;
  /** A recorder for the events of one component. */
  readonly events: (component: string) => EventRecorder;
  readonly clock: Clock;
  readonly settings: Settings;
}

export const POD_SECURITY_LEVELS = ["privileged", "baseline", "restricted"] as const;
export type PodSecurityLevel = (typeof POD_SECURITY_LEVELS)[number];

/** A class of this cluster that consumers may choose. */
export interface OfferedClass {
  readonly name: string;
  /** What they get when they choose none. */
  readonly isDefault: boolean;
}

export interface Settings {
  readonly clusterId: string;
  readonly liqoNamespace: string;
  /** `https://host:port` given to consumers; undefined: found from the cluster itself. */
  readonly apiServerAddressOverride?: string;
  /** PEM of the CA given to consumers; "": none. */
  readonly ca: string;
  /** Of the cluster's own key, when it has none yet. */
  readonly keyAlgorithm: KeyAlgorithm;
  /** Whether peers reach the proxy for in-band peering, if there is one. */
  readonly remapsApiServerProxy: boolean;
  /** Whether offloaded pods reach the API server by its own addresses, and not by that of its Service. */
  readonly apiServerIpUsesEndpointSlices: boolean;
  /** Whether what a consumer has at another peer of this cluster is reached through the consumer alone. */
  readonly deniesDirectConnections: boolean;
  /** Whether pods, too, are seen by peers with the unknown-source address. */
  readonly masqueradesPods: boolean;
  /** Whether gateways keep their address where the cluster's network masquerades what pods send to nodes. */
  readonly bypassesGatewayMasquerade: boolean;
  /** UDP port of the overlay between gateways and nodes. */
  readonly overlayPort: number;
  readonly clusterLabels: Readonly<Record<string, string>>;
  readonly defaultLimitsEnforcement: "None" | "Soft" | "Hard";
  /** Granted when a slice does not ask for them. */
  readonly defaultNodeResources: Readonly<Record<string, string>>;
  /** Whether slices of the class default are given resources by this cluster. */
  readonly isDefaultClassEnabled: boolean;
  readonly ingressClasses: readonly OfferedClass[];
  readonly loadBalancerClasses: readonly OfferedClass[];
  /** Whether this cluster's storage classes are offered, and volumes of the virtual class made at home. */
  readonly hasStorage: boolean;
  /** Of consumers that choose none, and of the virtual class at home; undefined: the cluster's default. */
  readonly realStorageClass?: string;
  /** Of the claims behind those of the virtual class. */
  readonly storageNamespace: string;
  /** Whether pods that end on a failed node are taken away. */
  readonly isNodeFailureHandled: boolean;
  /** Whether ServiceExports are followed. */
  readonly hasMulticlusterServices: boolean;
  /** Patterns of names that twin namespaces must not have, beside Liqo's own: `kube-*`. */
  readonly reservedNamespaces: readonly string[];
  readonly vkOptionsTemplate: { readonly namespace: string; readonly name: string };
  readonly podCidr: string;
  /** Whose pods choose virtual nodes by themselves. */
  readonly runtimeClass: string;
  /** Of volumes that lie where their pods run. */
  readonly storageClass: string;
  /** Undefined: not known. */
  readonly serviceCidr?: string;
  /** What pods of consumers may ask of this cluster's nodes. */
  readonly podSecurityLevel: PodSecurityLevel;
  readonly foreignClusterPingMs: number;
  readonly foreignClusterPingTimeoutMs: number;
}
