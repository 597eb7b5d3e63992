/** What every reflector of one virtual node is given. Upstream: pkg/virtualKubelet/reflection/{manager,options} */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { IP } from "#api/ipam/ip.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { ReflectorName } from "#api/offloading/reflectors.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import type { Clock } from "#base/clock.ts";
import type { ReflectionScope } from "#forge/reflected-metadata.ts";
import type { ReflectionType } from "#forge/reflection-policy.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Controller } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { HomeView } from "./home-view.ts";
import type { ReflectionMetrics } from "./metrics.ts";

export interface ReflectorSettings {
  /** Zero turns the reflector off. */
  readonly workers: number;
  readonly type: ReflectionType;
}

export interface ReflectionSettings {
  readonly reflectors: Readonly<Record<ReflectorName, ReflectorSettings>>;
  readonly nodeIp: string;
  readonly localPodCidr: string | undefined;
  /** Pairs of the provider's pod CIDRs and of what they look like here; empty without network. */
  readonly remotePodCidrs: readonly { readonly from: string; readonly to: string }[];
  readonly isIpReflected: boolean;
  readonly hasApiServerSupport: boolean;
  readonly apiServerHost: string | undefined;
  readonly apiServerPort: string;
  readonly loadBalancerClass: string | undefined;
  readonly ingressClass: string | undefined;
  readonly hasStorage: boolean;
  readonly storageClass: string | undefined;
  readonly virtualStorageClass: string;
  /** What a pod says to be offloaded by, and what stays at home. */
  readonly liqoRuntimeClass: string;
}

export interface ReflectionDeps {
  readonly scope: ReflectionScope;
  readonly settings: ReflectionSettings;
  readonly local: KubeClient;
  readonly remote: KubeClient;
  /** Records on local objects. */
  readonly events: (component: string) => EventRecorder;
  readonly metrics: ReflectionMetrics;
  readonly clock: Clock;
  /** Spreads what many do alike. Default: Math.random. */
  readonly random?: () => number;
  /** The pods bound to the virtual node, of all namespaces. */
  readonly localPods: Informer<Pod>;
  readonly localNodes: Informer<Node>;
  readonly localIps: Informer<IP>;
  readonly localPeers: Informer<ForeignCluster>;
  /** All pods and namespaces; nothing of it is watched before somebody asks. */
  readonly homeView: HomeView;
  /** Local namespaces and their twins at the provider, as they are now. */
  readonly twins: () => ReadonlyMap<string, string>;
  readonly localMaps: Informer<NamespaceMap>;
  /** As it is now: its offloading patch may change. */
  readonly virtualNode: () => VirtualNode | undefined;
}

/** A local namespace and its twin, with informers that live as long as the pair. */
export interface NamespacePair {
  readonly local: string;
  readonly remote: string;
  readonly locals: Informers;
  readonly remotes: Informers;
}

/** Makes the controller that reflects one kind within one pair. */
export interface Reflector {
  readonly name: ReflectorName;
  start(deps: ReflectionDeps, pair: NamespacePair): Controller;
}
