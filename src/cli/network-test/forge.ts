/** The objects of the test. Upstream: pkg/liqoctl/test/network/setup */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Affinity, Namespace, PodSpec, Service, ServiceSpec } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { APP, APP_LABEL, appOf, CLUSTER_LABEL, HOST_NAMESPACE, hostAppOf, IP_NAME, NAMESPACE, PORT } from "./names.ts";
import { IDLE, SERVER } from "./programs.ts";

export interface Image {
  readonly name: string;
  readonly pullPolicy: string | undefined;
}

/** One pod per node that can run it. */
export interface Size {
  readonly clusterId: string;
  readonly replicas: number;
}

const CONTAINER = "netshoot";
const USER_ID = 1000;

/** Servers, made in the consumer; those of a provider run on its virtual node. */
export function forgeServers({ clusterId, replicas }: Size, image: Image, isConsumer: boolean): Deployment {
  const name = appOf(clusterId);
  return forgeDeployment(NAMESPACE, name, APP, replicas, {
    ...(isConsumer ? { affinity: onePerRealNode(name) } : { nodeSelector: { [labels.REMOTE_CLUSTER_ID]: clusterId } }),
    ...podOf(image, SERVER, true),
  });
}

/** Pods with the network of their node, made in each cluster: checks from nodes are run in them. */
export function forgeHosts({ clusterId, replicas }: Size, image: Image): Deployment {
  const name = hostAppOf(clusterId);
  return forgeDeployment(HOST_NAMESPACE, name, `${APP}-host`, replicas, {
    affinity: onePerRealNode(name),
    hostNetwork: true,
    dnsPolicy: "ClusterFirstWithHostNet",
    ...podOf(image, IDLE, false),
  });
}

function forgeDeployment(namespace: string, name: string, app: string, replicas: number, spec: PodSpec): Deployment {
  const own = { [APP_LABEL]: app, [CLUSTER_LABEL]: name };
  return {
    metadata: { name, namespace },
    spec: {
      replicas,
      // Of two on one node the second one would wait for ever.
      strategy: { type: "Recreate" },
      selector: { matchLabels: { [CLUSTER_LABEL]: name } },
      template: { metadata: { labels: own }, spec },
    },
  };
}

function podOf({ name, pullPolicy }: Image, program: string, isServer: boolean): PodSpec {
  const httpGet = { path: "/", port: PORT };
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: USER_ID, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: CONTAINER,
        image: name,
        ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }),
        command: ["node", "-e", program],
        ...(isServer && { ports: [{ containerPort: PORT }], readinessProbe: { httpGet, periodSeconds: 1 } }),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  };
}

function onePerRealNode(name: string): Affinity {
  const real = { key: labels.TYPE, operator: "NotIn", values: [labels.TYPE_VIRTUAL_NODE] };
  const siblings = { labelSelector: { matchLabels: { [CLUSTER_LABEL]: name } }, topologyKey: "kubernetes.io/hostname" };
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [real] }] },
    },
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [siblings] },
  };
}

export function forgeService(name: string, type: NonNullable<ServiceSpec["type"]>): Service {
  return {
    metadata: { name, namespace: NAMESPACE },
    spec: { type, selector: { [APP_LABEL]: APP }, ports: [{ port: 80, targetPort: PORT }] },
  };
}

/** An address outside of the cluster, for all peers. */
export function forgeIp(address: string): IP {
  return {
    apiVersion: "ipam.liqo.io/v1alpha1",
    kind: "IP",
    metadata: { name: IP_NAME, namespace: NAMESPACE },
    spec: { ip: address, masquerade: true },
  };
}

export const OFFLOADED_NAMESPACE: Namespace = { metadata: { name: NAMESPACE } };
export const NAMESPACE_OF_HOSTS: Namespace = {
  metadata: { name: HOST_NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
};
