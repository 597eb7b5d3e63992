/** What a VirtualNode needs in its namespace. Upstream: pkg/vkMachinery/forge, pkg/liqo-controller-manager/offloading/virtualnode-controller */
import { createHash } from "node:crypto";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { ServiceAccount } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { GLOBAL_LABELS, vkDeploymentName } from "./names.ts";
import { HEALTH_PORT, metricsPort, type VkParts, vkArguments } from "./virtualnode-arguments.ts";

type Template = NonNullable<NonNullable<VirtualNode["spec"]>["template"]>;
type TemplateContainer = NonNullable<NonNullable<Template["spec"]>["template"]["spec"]>["containers"][number];

function vkLabels(node: VirtualNode): Record<string, string> {
  return {
    [labels.REMOTE_CLUSTER_ID]: node.spec?.clusterID ?? "",
    [labels.VIRTUAL_NODE]: node.metadata?.name ?? "",
    [labels.OFFLOADING_COMPONENT]: "virtual-kubelet",
  };
}

/** The Deployment embedded in the VirtualNode by the mutating webhook. */
export function forgeVkTemplate(node: VirtualNode, options: VkOptionsTemplate["spec"], parts: VkParts): Template {
  const { name = "", namespace = "" } = node.metadata ?? {};
  const own = {
    labels: { ...options?.extraLabels, ...vkLabels(node) },
    ...(options?.extraAnnotations !== undefined && { annotations: { ...options.extraAnnotations } }),
  };
  return {
    metadata: { name: vkDeploymentName(name), namespace, ...own },
    spec: {
      replicas: options?.replicas ?? 1,
      selector: { matchLabels: vkLabels(node) },
      strategy: {},
      template: {
        metadata: own,
        spec: {
          serviceAccountName: name,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: USER_ID,
            runAsGroup: USER_ID,
            seccompProfile: { type: "RuntimeDefault" },
          },
          ...(options?.imagePullSecrets !== undefined && {
            imagePullSecrets: options.imagePullSecrets.map((secret) => ({ ...secret })),
          }),
          ...(options?.tolerations !== undefined && {
            tolerations: options.tolerations.map((toleration) => ({ ...toleration })),
          }),
          containers: [containerOf(node, options, parts)],
        },
      },
    },
  };
}

/** Any user but root. */
const USER_ID = 1000;

function containerOf(node: VirtualNode, options: VkOptionsTemplate["spec"], parts: VkParts): TemplateContainer {
  const env = (field: string, fieldPath: string) => ({ name: field, valueFrom: { fieldRef: { fieldPath } } });
  const port = metricsPort(options);
  return {
    name: "virtual-kubelet",
    image: options?.containerImage ?? "",
    imagePullPolicy: options?.pullPolicy ?? "IfNotPresent",
    command: ["node", "/opt/liqo/virtual-kubelet.js"],
    args: vkArguments(node, options, parts),
    env: [
      env("POD_IP", "status.podIP"),
      env("POD_NAME", "metadata.name"),
      env("POD_NAMESPACE", "metadata.namespace"),
      { name: "VIRTUALNODE_NAME", value: node.metadata?.name ?? "" },
    ],
    ...(port !== undefined && { ports: [{ name: "metrics", containerPort: port, protocol: "TCP" }] }),
    // On a machine that is busy an answer may take longer than the second that is the default.
    livenessProbe: { httpGet: { path: "/healthz", port: HEALTH_PORT }, initialDelaySeconds: 15, timeoutSeconds: 5 },
    readinessProbe: { httpGet: { path: "/readyz", port: HEALTH_PORT }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { ...options?.resources },
  };
}

/** How the virtual kubelet translates addresses; nothing until the Configuration is ready. */
export function cidrArguments(configuration: Configuration | undefined): string[] {
  const remote = configuration?.spec?.remote?.cidr;
  const remapped = configuration?.status?.remote?.cidr;
  if (remote?.pod === undefined || remapped?.pod === undefined) return [];
  return [
    ...remote.pod.map((cidr) => `--remote-pod-cidr=${cidr}`),
    ...remapped.pod.map((cidr) => `--remote-pod-cidr-remap=${cidr}`),
    ...(remote.external ?? []).map((cidr) => `--remote-external-cidr=${cidr}`),
    ...(remapped.external ?? []).map((cidr) => `--remote-external-cidr-remap=${cidr}`),
  ];
}

/**
 * The Deployment to run: the template plus what makes a changed offloading patch, or an account that was deleted and made
 * again, restart the virtual kubelet.
 */
export function forgeVkDeployment(
  node: VirtualNode,
  extraArguments: readonly string[],
  accountUid: string,
): Deployment | undefined {
  const template = node.spec?.template;
  if (template?.spec === undefined) return undefined;
  const { spec } = template;
  const hash = createHash("sha256")
    .update(JSON.stringify(node.spec?.offloadingPatch ?? {}))
    .digest("hex");
  const containers = (spec.template.spec?.containers ?? []).map((container) => ({
    ...container,
    args: [...(container.args ?? []), ...extraArguments],
  }));
  return {
    metadata: {
      name: template.metadata?.name ?? vkDeploymentName(node.metadata?.name ?? ""),
      namespace: node.metadata?.namespace ?? "",
      labels: { ...GLOBAL_LABELS, ...template.metadata?.labels },
      ...(template.metadata?.annotations !== undefined && { annotations: { ...template.metadata.annotations } }),
    },
    spec: {
      ...spec,
      template: {
        ...spec.template,
        metadata: {
          ...spec.template.metadata,
          annotations: {
            ...spec.template.metadata?.annotations,
            [annotations.OFFLOADING_PATCH_HASH]: hash,
            [annotations.SERVICE_ACCOUNT_UID]: accountUid,
          },
        },
        ...(spec.template.spec !== undefined && { spec: { ...spec.template.spec, containers } }),
      },
    },
  };
}

export function forgeVkServiceAccount(node: VirtualNode): ServiceAccount {
  const { name = "", namespace = "" } = node.metadata ?? {};
  return { metadata: { name, namespace, labels: { ...GLOBAL_LABELS } } };
}

export function forgeNamespaceMap(providerId: string, namespace: string): NamespaceMap {
  return {
    metadata: {
      name: providerId,
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: providerId, [labels.REMOTE_ID]: providerId, [labels.REPLICATION]: "true" },
    },
  };
}
