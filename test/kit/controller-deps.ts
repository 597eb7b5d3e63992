/** What a controller is given in unit tests: a cluster's client and informers, and the settings of a default installation. */
import { type Clock, systemClock } from "#base/clock.ts";
import type { Deps } from "#controllers/deps.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import type { Informers } from "#kube/informer/informers.ts";

export function controllerDeps(client: KubeClient, informers: Informers, clock: Clock = systemClock): Deps {
  return {
    client,
    informers,
    events: (component) => new EventRecorder(client, { component }),
    clock,
    settings: {
      clusterId: "cluster-a",
      liqoNamespace: "default",
      ca: "",
      keyAlgorithm: "ed25519",
      remapsApiServerProxy: true,
      apiServerIpUsesEndpointSlices: false,
      deniesDirectConnections: false,
      masqueradesPods: false,
      bypassesGatewayMasquerade: false,
      overlayPort: 6091,
      clusterLabels: {},
      defaultLimitsEnforcement: "None",
      defaultNodeResources: {},
      isDefaultClassEnabled: true,
      ingressClasses: [],
      loadBalancerClasses: [],
      hasStorage: false,
      storageNamespace: "liqo-storage",
      isNodeFailureHandled: false,
      hasMulticlusterServices: true,
      reservedNamespaces: ["kube-*"],
      vkOptionsTemplate: { namespace: "default", name: "virtual-kubelet-default" },
      podCidr: "10.244.0.0/16",
      runtimeClass: "liqo",
      storageClass: "liqo",
      serviceCidr: "10.96.0.0/12",
      podSecurityLevel: "baseline",
      foreignClusterPingMs: 1_000,
      foreignClusterPingTimeoutMs: 1_000,
    },
  };
}
