/** Flags of the virtual kubelet of a VirtualNode. Upstream: pkg/vkMachinery/forge */
import { REFLECTOR_NAMES } from "#api/offloading/reflectors.ts";
import { DEFAULT_RUNTIME_CLASS } from "#api/offloading/runtime-class.ts";
import { DEFAULT_STORAGE_CLASS } from "#api/offloading/storage-class.ts";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";

export interface VkParts {
  readonly homeClusterId: string;
  readonly liqoNamespace: string;
  readonly localPodCidr: string;
  /** Of pods that are offloaded: it does not exist at the provider. */
  readonly runtimeClass: string;
  /** Of claims whose volumes lie where their pods run. */
  readonly storageClass: string;
}

export const HEALTH_PORT = 8081;
/** Where a template turns metrics on and does not say where. Upstream: pkg/vkMachinery/const.go */
const METRICS_ADDRESS = ":8082";

export function vkArguments(node: VirtualNode, options: VkOptionsTemplate["spec"], parts: VkParts): string[] {
  const { spec, metadata } = node;
  return [
    `--foreign-cluster-id=${spec?.clusterID ?? ""}`,
    `--nodename=${metadata?.name ?? ""}`,
    "--node-ip=$(POD_IP)",
    `--tenant-namespace=${metadata?.namespace ?? ""}`,
    `--liqo-namespace=${parts.liqoNamespace}`,
    `--home-cluster-id=${parts.homeClusterId}`,
    `--local-podcidr=${parts.localPodCidr}`,
    // Said where they differ: neither upstream's virtual kubelet nor an earlier one of ours has the first.
    ...(parts.runtimeClass === DEFAULT_RUNTIME_CLASS ? [] : [`--liqo-runtime-class=${parts.runtimeClass}`]),
    ...(parts.storageClass === DEFAULT_STORAGE_CLASS ? [] : [`--virtual-storage-class-name=${parts.storageClass}`]),
    ...classArguments(spec),
    ...reflectorArguments(options?.reflectorsConfig),
    `--health-probe-bind-address=:${HEALTH_PORT}`,
    ...pairsArgument("node-extra-annotations", options?.nodeExtraAnnotations),
    ...pairsArgument("node-extra-labels", options?.nodeExtraLabels),
    ...(options?.extraArgs ?? []),
    `--metrics-enabled=${options?.metricsEnabled ?? false}`,
    ...(options?.metricsEnabled === true ? [`--metrics-address=${metricsAddress(options)}`] : []),
    `--foreign-kubeconfig-secret-name=${spec?.kubeconfigSecretRef?.name ?? ""}`,
    `--create-node=${spec?.createNode ?? true}`,
    `--node-check-network=${!(spec?.disableNetworkCheck ?? false)}`,
  ];
}

/** Where its metrics are served; undefined: nowhere. */
export function metricsPort(options: VkOptionsTemplate["spec"]): number | undefined {
  if (options?.metricsEnabled !== true) return undefined;
  return Number(metricsAddress(options).split(":").at(-1));
}

/** One that names no port counts as none. */
function metricsAddress({ metricsAddress: given = "" }: NonNullable<VkOptionsTemplate["spec"]>): string {
  const port = Number(given.split(":").at(-1));
  return given !== "" && Number.isInteger(port) && port > 0 && port < 65_536 ? given : METRICS_ADDRESS;
}

/** What of the provider's classes copies get that name none: the default one, or else the first. */
function classArguments(spec: VirtualNode["spec"]): string[] {
  return [
    ...classArgument("storage", spec?.storageClasses, (each) => each.storageClassName),
    ...classArgument("ingress", spec?.ingressClasses, (each) => each.ingressClassName),
    ...classArgument("load-balancer", spec?.loadBalancerClasses, (each) => each.loadBalancerClassName),
  ];
}

function classArgument<T extends { default?: boolean }>(
  kind: string,
  classes: readonly T[] = [],
  nameOf: (each: T) => string,
): string[] {
  const chosen = classes.find((each) => each.default === true) ?? classes[0];
  return chosen === undefined ? [] : [`--enable-${kind}`, `--remote-real-${kind}-class-name=${nameOf(chosen)}`];
}

function reflectorArguments(configs: NonNullable<VkOptionsTemplate["spec"]>["reflectorsConfig"] = {}): string[] {
  return [
    ...REFLECTOR_NAMES.flatMap((name) =>
      configs[name] === undefined ? [] : [`--${name}-reflection-workers=${configs[name].workers}`],
    ),
    ...REFLECTOR_NAMES.flatMap((name) =>
      configs[name]?.type === undefined ? [] : [`--${name}-reflection-type=${configs[name].type}`],
    ),
  ];
}

/** In the order of their names, so that the same template is the same Deployment. */
function pairsArgument(flag: string, pairs: Readonly<Record<string, string>> = {}): string[] {
  const names = Object.keys(pairs).sort();
  return names.length === 0 ? [] : [`--${flag}=${names.map((name) => `${name}=${pairs[name]}`).join(",")}`];
}
