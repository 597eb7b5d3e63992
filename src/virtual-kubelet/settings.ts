/** The flags of the virtual kubelet. Upstream: cmd/virtual-kubelet/root/{flag,opts}.go */
import { REFLECTOR_NAMES, type ReflectorName } from "#api/offloading/reflectors.ts";
import type { ReflectionSettings, ReflectionType } from "#reflection/deps.ts";
import { FlagError, type FlagKind, Flags } from "./flags.ts";

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
}

export interface ElectionSettings {
  readonly leaseSeconds: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** Kinds whose policy is the user's choice. */
const CUSTOMIZABLE: readonly ReflectorName[] = ["service", "ingress", "configmap", "secret", "event", "endpointslice"];
const FEW_WORKERS: readonly ReflectorName[] = ["ingress", "persistentvolumeclaim", "event"];

const KINDS: Readonly<Record<string, FlagKind>> = {
  nodename: "string",
  "home-cluster-id": "string",
  "foreign-cluster-id": "string",
  "tenant-namespace": "string",
  "liqo-namespace": "string",
  "node-ip": "string",
  "foreign-kubeconfig-secret-name": "string",
  "home-kubeconfig": "string",
  "local-podcidr": "string",
  "remote-pod-cidr": "list",
  "remote-pod-cidr-remap": "list",
  "remote-external-cidr": "list",
  "remote-external-cidr-remap": "list",
  "listen-port": "integer",
  "certificate-type": "string",
  "node-lease-duration": "duration",
  "node-ping-interval": "duration",
  "node-ping-timeout": "duration",
  "node-extra-labels": "map",
  "node-extra-annotations": "map",
  "create-node": "boolean",
  "node-check-network": "boolean",
  "enable-apiserver-support": "boolean",
  "enable-storage": "boolean",
  "enable-ingress": "boolean",
  "enable-load-balancer": "boolean",
  "remote-real-storage-class-name": "string",
  "remote-real-ingress-class-name": "string",
  "remote-real-load-balancer-class-name": "string",
  "virtual-storage-class-name": "string",
  "liqo-runtime-class": "string",
  "disable-ip-reflection": "boolean",
  "home-api-server-host": "string",
  "home-api-server-port": "string",
  "health-probe-bind-address": "string",
  "metrics-enabled": "boolean",
  "metrics-address": "string",
  "vk-lease-enabled": "boolean",
  "vk-lease-lease-duration": "duration",
  "vk-lease-renew-interval": "duration",
  "vk-lease-retry-period": "duration",
  "resync-period": "duration",
  ...Object.fromEntries(
    REFLECTOR_NAMES.flatMap((name) => [
      [`${name}-reflection-workers`, "integer"],
      [`${name}-reflection-type`, "string"],
    ]),
  ),
};

/** Throws a FlagError that names the flag. `apiServerPort` is what pods of this cluster are told. */
export function parseSettings(args: readonly string[], apiServerPort: string): VirtualKubeletSettings {
  const flags = new Flags(args, KINDS);
  // Accepted for upstream's manifests; there is no resync, since watches lose nothing.
  flags.durationMs("resync-period", 0);
  return {
    nodeName: flags.required("nodename"),
    homeClusterId: flags.required("home-cluster-id"),
    foreignClusterId: flags.required("foreign-cluster-id"),
    tenantNamespace: flags.required("tenant-namespace"),
    kubeconfigSecret: flags.required("foreign-kubeconfig-secret-name"),
    homeKubeconfig: flags.string("home-kubeconfig"),
    listenPort: flags.integer("listen-port", 10_250),
    certificateType: certificateType(flags),
    createNode: flags.boolean("create-node", true),
    checkNetwork: flags.boolean("node-check-network", true),
    leaseSeconds: flags.durationMs("node-lease-duration", 40_000) / 1000,
    pingIntervalMs: flags.durationMs("node-ping-interval", 10_000),
    pingTimeoutMs: flags.durationMs("node-ping-timeout", 1_000),
    extraLabels: flags.map("node-extra-labels"),
    extraAnnotations: flags.map("node-extra-annotations"),
    healthPort: listenPort(flags, "health-probe-bind-address", "0"),
    metricsPort: flags.boolean("metrics-enabled", false) ? listenPort(flags, "metrics-address", ":8082") : undefined,
    election: election(flags),
    reflection: reflection(flags, apiServerPort),
  };
}

function reflection(flags: Flags, apiServerPort: string): ReflectionSettings {
  const real = (name: string): string | undefined =>
    flags.boolean(`enable-${name}`, false) ? flags.string(`remote-real-${name}-class-name`) : undefined;
  return {
    reflectors: reflectors(flags),
    nodeIp: flags.required("node-ip"),
    localPodCidr: flags.string("local-podcidr"),
    remotePodCidrs: remappings(flags, "remote-pod-cidr"),
    isIpReflected: !flags.boolean("disable-ip-reflection", false),
    hasApiServerSupport: flags.boolean("enable-apiserver-support", false),
    apiServerHost: flags.string("home-api-server-host"),
    apiServerPort: flags.string("home-api-server-port") ?? apiServerPort,
    loadBalancerClass: real("load-balancer"),
    ingressClass: real("ingress"),
    hasStorage: flags.boolean("enable-storage", false),
    storageClass: real("storage"),
    virtualStorageClass: flags.string("virtual-storage-class-name") ?? "liqo",
    liqoRuntimeClass: flags.string("liqo-runtime-class") ?? "liqo",
  };
}

function reflectors(flags: Flags): ReflectionSettings["reflectors"] {
  const entries = REFLECTOR_NAMES.map((name) => {
    const isCustomizable = CUSTOMIZABLE.includes(name);
    const type = flags.string(`${name}-reflection-type`) ?? (isCustomizable ? "DenyList" : "CustomLiqo");
    const allowed = isCustomizable ? ["DenyList", "AllowList"] : ["CustomLiqo"];
    if (!allowed.includes(type))
      throw new FlagError(
        `invalid argument "${type}" for "--${name}-reflection-type" flag: use ${allowed.join(" or ")}`,
      );
    const workers = flags.integer(`${name}-reflection-workers`, FEW_WORKERS.includes(name) ? 3 : 10);
    return [name, { workers, type: type as ReflectionType }] as const;
  });
  const all = Object.fromEntries(entries) as Record<ReflectorName, { workers: number; type: ReflectionType }>;
  // Slices follow their Services.
  return { ...all, endpointslice: { ...all.endpointslice, type: all.service.type } };
}

function remappings(flags: Flags, name: string): { from: string; to: string }[] {
  const seen = flags.list(`${name}-remap`);
  return flags.list(name).map((from, index) => ({ from, to: seen[index] ?? from }));
}

function certificateType(flags: Flags): VirtualKubeletSettings["certificateType"] {
  const type = flags.string("certificate-type") ?? "kubelet";
  if (type === "kubelet" || type === "self-signed") return type;
  throw new FlagError(`invalid argument "${type}" for "--certificate-type" flag: use kubelet or self-signed`);
}

/** The port of an address such as `:8082`; undefined for `0`. */
function listenPort(flags: Flags, name: string, fallback: string): number | undefined {
  const address = flags.string(name) ?? fallback;
  if (address === "0") return undefined;
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  if (!Number.isInteger(port) || port < 1)
    throw new FlagError(`invalid argument "${address}" for "--${name}" flag: use an address such as :8082`);
  return port;
}

function election(flags: Flags): ElectionSettings | undefined {
  if (!flags.boolean("vk-lease-enabled", true)) return undefined;
  return {
    leaseSeconds: flags.durationMs("vk-lease-lease-duration", 15_000) / 1000,
    renewMs: flags.durationMs("vk-lease-renew-interval", 10_000) / 2,
    retryMs: flags.durationMs("vk-lease-retry-period", 5_000),
  };
}
