/** What every controller of the engine is given. */
import type { Cidr } from "#base/cidr.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Controller } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informers } from "#kube/informer/informers.ts";

export interface Deps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly nowMs: () => number;
  readonly settings: Settings;
}

export interface Settings {
  /** PEM of the cluster CA: published in every namespace, signs certificate requests. */
  readonly caCert: string;
  readonly caKey: string;
  /** Folder of the volumes that the class `local-path` makes. */
  readonly volumes: string;
  readonly podCidr: Cidr;
  /** Prefix length of each node's part of the pod CIDR. */
  readonly nodeCidrPrefix: number;
  /** Addresses for Services of type LoadBalancer, first and last; absent: none are given out. */
  readonly loadBalancerRange?: { readonly first: string; readonly last: string };
  /** A node without a heartbeat for this long is Unknown. Kubernetes: 40 s (50 s since 1.32). */
  readonly nodeMonitorGraceMs: number;
}

export type ControllerFactory = (deps: Deps) => Controller;
