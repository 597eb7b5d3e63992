/** The flags of the virtual kubelet. Upstream: cmd/virtual-kubelet/root/{flag,opts}.go */

import { REFLECTOR_NAMES, type ReflectorName } from "#api/offloading/reflectors.ts";
import { DEFAULT_RUNTIME_CLASS } from "#api/offloading/runtime-class.ts";
import {
  boolean,
  durationMs,
  type FlagKind,
  integer,
  list,
  listenPort,
  oneOf,
  only,
  type ParsedFlags,
  pairs,
  parseFlags,
  required,
  text,
} from "#base/flags.ts";
import type { ReflectionType } from "#forge/reflection-policy.ts";
import type { ReflectionSettings } from "#reflection/deps.ts";

export interface VirtualKubeletSettings {
  readonly nodeName: string;
  readonly homeClusterId: string;
  readonly foreignClusterId: string;
  readonly tenantNamespace: string;
  readonly kubeconfigSecret: string;
  /** Of the local cluster; undefined: in a pod. */
  readonly homeKubeconfig: string | undefined;
  readonly listenPort: number;
  readonly certificateType: "kubelet" | "self-signed";
  readonly createNode: boolean;
  readonly checkNetwork: boolean;
  readonly leaseSeconds: number;
  /** Zero: the provider is never asked. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly extraLabels: Readonly<Record<string, string>>;
  readonly extraAnnotations: Readonly<Record<string, string>>;
  /** Of /healthz and /readyz over plain HTTP; undefined: none. */
  readonly healthPort: number | undefined;
  /** undefined: no metrics. */
  readonly metricsPort: number | undefined;
  /** undefined: no election, as with one replica and one virtual node per provider. */
  readonly election: ElectionSettings | undefined;
  readonly reflection: ReflectionSettings;
  /** OpenTelemetry's environment variables, as far as flags say what they are: a template of Deployments has no others. */
  readonly tracing: Readonly<Record<string, string>>;
}

export interface ElectionSettings {
  readonly leaseSeconds: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** Kinds whose policy is the user's choice. */
const CUSTOMIZABLE: readonly ReflectorName[] = [
  "service",
  "ingress",
  "configmap",
  "secret",
  "event",
  "endpointslice",
  "networkpolicy",
];
/** Of kinds that only some providers take. */
const OFF: readonly ReflectorName[] = ["serviceexport", "serviceimport", "networkpolicy"];
const FEW_WORKERS: readonly ReflectorName[] = ["ingress", "persistentvolumeclaim", "event"];

const KINDS = {
  nodename: required(),
  "home-cluster-id": required(),
  "foreign-cluster-id": required(),
  "tenant-namespace": required(),
  "liqo-namespace": text(),
  "node-ip": required(),
  "foreign-kubeconfig-secret-name": required(),
  "home-kubeconfig": text(),
  "local-podcidr": text(),
  "remote-pod-cidr": list(),
  "remote-pod-cidr-remap": list(),
  "remote-external-cidr": list(),
  "remote-external-cidr-remap": list(),
  "listen-port": integer(10_250),
  "enable-profiling": only("false", "Node.js is profiled by its own flags"),
  "certificate-type": oneOf(["kubelet", "self-signed"], "kubelet"),
  "node-lease-duration": durationMs("40s"),
  "node-ping-interval": durationMs("10s"),
  "node-ping-timeout": durationMs("1s"),
  "node-extra-labels": pairs(),
  "node-extra-annotations": pairs(),
  "create-node": boolean(true),
  "node-check-network": boolean(true),
  "enable-apiserver-support": boolean(false),
  "enable-storage": boolean(false),
  "enable-ingress": boolean(false),
  "enable-load-balancer": boolean(false),
  "remote-real-storage-class-name": text(),
  "remote-real-ingress-class-name": text(),
  "remote-real-load-balancer-class-name": text(),
  "virtual-storage-class-name": text("liqo"),
  "liqo-runtime-class": text(DEFAULT_RUNTIME_CLASS),
  "disable-ip-reflection": boolean(false),
  "home-api-server-host": text(),
  "home-api-server-port": text(),
  "health-probe-bind-address": listenPort("0"),
  "metrics-enabled": boolean(false),
  "metrics-address": listenPort(":8082"),
  "tracing-endpoint": text(),
  "tracing-sampling-ratio": text(),
  "vk-lease-enabled": boolean(true),
  "vk-lease-duration": durationMs("15s"),
  "vk-lease-renew-interval": durationMs("10s"),
  "vk-lease-retry-period": durationMs("5s"),
  // Accepted for upstream's manifests; there is no resync, since watches lose nothing.
  "resync-period": durationMs("0"),
  ...reflectorKinds("workers", (name) => integer(OFF.includes(name) ? 0 : FEW_WORKERS.includes(name) ? 3 : 10)),
  ...reflectorKinds("type", (name) =>
    CUSTOMIZABLE.includes(name) ? oneOf(["DenyList", "AllowList"], "DenyList") : oneOf(["CustomLiqo"], "CustomLiqo"),
  ),
};

type Given = ParsedFlags<typeof KINDS>;

/** One flag per reflector, such as `--pod-reflection-workers`. */
function reflectorKinds<T, const S extends string>(
  setting: S,
  kindOf: (name: ReflectorName) => FlagKind<T>,
): { readonly [N in `${ReflectorName}-reflection-${S}`]: FlagKind<T> } {
  const kinds = REFLECTOR_NAMES.map((name) => [`${name}-reflection-${setting}`, kindOf(name)]);
  return Object.fromEntries(kinds) as { readonly [N in `${ReflectorName}-reflection-${S}`]: FlagKind<T> };
}

/** Throws a FlagError that names the flag. `apiServerPort` is what pods of this cluster are told. */
export function parseSettings(args: readonly string[], apiServerPort: string): VirtualKubeletSettings {
  const flags = parseFlags(args, KINDS);
  return {
    nodeName: flags.nodename,
    homeClusterId: flags["home-cluster-id"],
    foreignClusterId: flags["foreign-cluster-id"],
    tenantNamespace: flags["tenant-namespace"],
    kubeconfigSecret: flags["foreign-kubeconfig-secret-name"],
    homeKubeconfig: flags["home-kubeconfig"],
    listenPort: flags["listen-port"],
    certificateType: flags["certificate-type"],
    createNode: flags["create-node"],
    checkNetwork: flags["node-check-network"],
    leaseSeconds: flags["node-lease-duration"] / 1000,
    pingIntervalMs: flags["node-ping-interval"],
    pingTimeoutMs: flags["node-ping-timeout"],
    extraLabels: flags["node-extra-labels"],
    extraAnnotations: flags["node-extra-annotations"],
    healthPort: flags["health-probe-bind-address"],
    metricsPort: flags["metrics-enabled"] ? flags["metrics-address"] : undefined,
    election: election(flags),
    reflection: reflection(flags, apiServerPort),
    tracing: tracing(flags),
  };
}

function tracing(flags: Given): Record<string, string> {
  const { "tracing-endpoint": endpoint, "tracing-sampling-ratio": ratio } = flags;
  return {
    ...(endpoint !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
    ...(ratio !== undefined && {
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: ratio,
    }),
  };
}

function reflection(flags: Given, apiServerPort: string): ReflectionSettings {
  const real = (name: "load-balancer" | "ingress" | "storage"): string | undefined =>
    flags[`enable-${name}`] ? flags[`remote-real-${name}-class-name`] : undefined;
  return {
    reflectors: reflectors(flags),
    nodeIp: flags["node-ip"],
    localPodCidr: flags["local-podcidr"],
    remotePodCidrs: remappings(flags["remote-pod-cidr"], flags["remote-pod-cidr-remap"]),
    isIpReflected: !flags["disable-ip-reflection"],
    hasApiServerSupport: flags["enable-apiserver-support"],
    apiServerHost: flags["home-api-server-host"],
    apiServerPort: flags["home-api-server-port"] ?? apiServerPort,
    loadBalancerClass: real("load-balancer"),
    ingressClass: real("ingress"),
    hasStorage: flags["enable-storage"],
    storageClass: real("storage"),
    virtualStorageClass: flags["virtual-storage-class-name"],
    liqoRuntimeClass: flags["liqo-runtime-class"],
  };
}

function reflectors(flags: Given): ReflectionSettings["reflectors"] {
  const entries = REFLECTOR_NAMES.map((name) => {
    const workers = flags[`${name}-reflection-workers`];
    return [name, { workers, type: flags[`${name}-reflection-type`] }] as const;
  });
  const all = Object.fromEntries(entries) as Record<ReflectorName, { workers: number; type: ReflectionType }>;
  // Slices follow their Services.
  return { ...all, endpointslice: { ...all.endpointslice, type: all.service.type } };
}

/** Each CIDR with the one it is seen as here. */
function remappings(cidrs: readonly string[], seen: readonly string[]): { from: string; to: string }[] {
  return cidrs.map((from, index) => ({ from, to: seen[index] ?? from }));
}

function election(flags: Given): ElectionSettings | undefined {
  if (!flags["vk-lease-enabled"]) return undefined;
  return {
    leaseSeconds: flags["vk-lease-duration"] / 1000,
    renewMs: flags["vk-lease-renew-interval"] / 2,
    retryMs: flags["vk-lease-retry-period"],
  };
}
