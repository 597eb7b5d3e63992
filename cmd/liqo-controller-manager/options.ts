/** Flags of liqo-controller-manager. Upstream: cmd/liqo-controller-manager/main.go, with those of webhook, IPAM and replicator */
import { DEFAULT_RUNTIME_CLASS } from "#api/offloading/runtime-class.ts";
import { DEFAULT_STORAGE_CLASS, DEFAULT_STORAGE_NAMESPACE } from "#api/offloading/storage-class.ts";
import {
  boolean,
  durationMs,
  integer,
  list,
  listenPort,
  oneOf,
  only,
  pairs,
  parseFlags,
  refused,
  required,
  text,
} from "#base/flags.ts";
import { POD_SECURITY_LEVELS, type Settings } from "#controllers/deps.ts";
import { withScheme } from "#trust/api-server-address.ts";
import { certificates } from "./certificates.ts";
import { classNames } from "./class-names.ts";

export interface ManagerOptions {
  readonly settings: Omit<Settings, "ca">;
  readonly modules: { readonly networking: boolean; readonly authentication: boolean; readonly offloading: boolean };
  readonly webhooks: {
    readonly port: number;
    readonly secretName: string;
    readonly serviceName: string;
  };
  /** Of consumers' kubeconfigs: PEM, "" for the system's roots; undefined: the CA that this cluster's pods know. */
  readonly caOverride: string | undefined;
  /** On all that is created, beside Liqo's own. */
  readonly marks: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** By name of the controller: how many objects it handles at a time. */
  readonly workers: Readonly<Record<string, number>>;
  readonly healthPort: number | undefined;
  /** Of metrics, which the health port serves too; undefined: none beside it. */
  readonly metricsPort: number | undefined;
  readonly elects: boolean;
}

const NO_AWS = "identities are certificates of this cluster; AWS IAM is not supported";
const ONE_BY_ONE = "addresses are chosen one after the other, so that none is given twice";
const WIREGUARD_ONLY = "gateways are WireGuard's; other kinds of templates are not supported";

/** All of upstream's, and some of ours: pod-cidr, service-cidr, pod-security-enforce, reserved-namespaces and those of the webhook. */
const KINDS = {
  "cluster-id": required(),
  "liqo-namespace": text("liqo"),
  "pod-cidr": text(""),
  "service-cidr": text(),
  "networking-enabled": boolean(true),
  "authentication-enabled": boolean(true),
  "offloading-enabled": boolean(true),
  "api-server-address-override": text(),
  "enable-api-server-proxy-ip-remapping": boolean(true),
  "api-server-ip-use-endpointslices": boolean(false),
  "cluster-labels": pairs(),
  "default-limits-enforcement": oneOf(["None", "Soft", "Hard"], "None"),
  "default-node-resources": pairs("cpu=4,memory=8Gi,pods=110,ephemeral-storage=20Gi"),
  "default-resource-slice-class-enabled": boolean(true),
  "ingress-classes": classNames(),
  "load-balancer-classes": classNames(),
  "enable-storage": boolean(false),
  "real-storage-class-name": text(),
  "virtual-storage-class-name": text(DEFAULT_STORAGE_CLASS),
  "storage-namespace": text(DEFAULT_STORAGE_NAMESPACE),
  "enable-node-failure-controller": boolean(false),
  "enable-multicluster-services": boolean(false),
  "reserved-namespaces": list(),
  "pod-security-enforce": oneOf(POD_SECURITY_LEVELS, "baseline"),
  "vk-options-default-template": text("liqo/virtual-kubelet-default"),
  "foreign-cluster-ping-interval": durationMs("5s"),
  "foreign-cluster-ping-timeout": durationMs("5s"),
  "liqo-runtime-class": text(DEFAULT_RUNTIME_CLASS),
  "webhook-port": integer(9443),
  "webhook-service": text("liqo-webhook"),
  "webhook-secret": text("liqo-webhook-certs"),
  "health-probe-address": listenPort(":8081"),
  "metrics-address": listenPort("0"),
  "ca-override": certificates(),
  "trusted-ca": boolean(false),
  "tls-compatibility-mode": boolean(false),
  "global-labels": pairs(),
  "global-annotations": pairs(),
  "foreign-cluster-workers": integer(1, 1),
  "shadow-pod-ctrl-workers": integer(10, 1),
  "shadow-endpointslice-ctrl-workers": integer(10, 1),
  "network-ctrl-workers": only("1", ONE_BY_ONE),
  "ip-ctrl-workers": only("1", ONE_BY_ONE),
  // Taken for upstream's manifests: watches lose nothing, so there is no resync.
  "resync-period": durationMs("10h"),
  "deny-direct-connections": boolean(false),
  "ipam-server": refused("addresses are given out by this process; there is no other server to ask"),
  "gateway-server-resources": only("networking.liqo.io/v1beta1/wggatewayservers", WIREGUARD_ONLY),
  "gateway-client-resources": only("networking.liqo.io/v1beta1/wggatewayclients", WIREGUARD_ONLY),
  "gateway-template-watch-enabled": only("true", "the templates of gateways are always watched"),
  "wg-gateway-server-cluster-role-name": only("liqo-gateway", "it is the chart's, which knows what a gateway may do"),
  "wg-gateway-client-cluster-role-name": only("liqo-gateway", "it is the chart's, which knows what a gateway may do"),
  "geneve-port": integer(6091, 1),
  "fabric-route-rule-priority": only("0", "the kernel chooses the priority of the rules"),
  "fabric-full-masquerade-enabled": boolean(false),
  "gateway-masquerade-bypass-enabled": boolean(false),
  "aws-access-key-id": refused(NO_AWS),
  "aws-secret-access-key": refused(NO_AWS),
  "aws-region": refused(NO_AWS),
  "aws-cluster-name": refused(NO_AWS),
  "enable-leader-election": boolean(false),
};

type Flags = ReturnType<typeof parseFlags<typeof KINDS>>;

/** Throws a FlagError that names the flag. */
export function parseManagerOptions(args: readonly string[]): ManagerOptions {
  const flags = parseFlags(args, KINDS);
  return {
    settings: settingsOf(flags),
    modules: {
      networking: flags["networking-enabled"],
      authentication: flags["authentication-enabled"],
      offloading: flags["offloading-enabled"],
    },
    webhooks: {
      port: flags["webhook-port"],
      secretName: flags["webhook-secret"],
      serviceName: flags["webhook-service"],
    },
    caOverride: flags["trusted-ca"] ? "" : flags["ca-override"],
    marks: { labels: flags["global-labels"], annotations: flags["global-annotations"] },
    workers: {
      foreigncluster: flags["foreign-cluster-workers"],
      shadowpod: flags["shadow-pod-ctrl-workers"],
      shadowendpointslice: flags["shadow-endpointslice-ctrl-workers"],
    },
    healthPort: flags["health-probe-address"],
    metricsPort: flags["metrics-address"],
    elects: flags["enable-leader-election"],
  };
}

function settingsOf(flags: Flags): ManagerOptions["settings"] {
  const [templateNamespace = "liqo", templateName = "virtual-kubelet-default"] =
    flags["vk-options-default-template"].split("/");
  const address = flags["api-server-address-override"];
  const serviceCidr = flags["service-cidr"];
  return {
    clusterId: flags["cluster-id"],
    liqoNamespace: flags["liqo-namespace"],
    ...(address !== undefined && { apiServerAddressOverride: withScheme(address) }),
    remapsApiServerProxy: flags["enable-api-server-proxy-ip-remapping"],
    apiServerIpUsesEndpointSlices: flags["api-server-ip-use-endpointslices"],
    deniesDirectConnections: flags["deny-direct-connections"],
    masqueradesPods: flags["fabric-full-masquerade-enabled"],
    bypassesGatewayMasquerade: flags["gateway-masquerade-bypass-enabled"],
    overlayPort: flags["geneve-port"],
    clusterLabels: flags["cluster-labels"],
    defaultLimitsEnforcement: flags["default-limits-enforcement"],
    defaultNodeResources: flags["default-node-resources"],
    isDefaultClassEnabled: flags["default-resource-slice-class-enabled"],
    ingressClasses: flags["ingress-classes"],
    loadBalancerClasses: flags["load-balancer-classes"],
    ...storageSettings(flags),
    keyAlgorithm: flags["tls-compatibility-mode"] ? "rsa-2048" : "ed25519",
    isNodeFailureHandled: flags["enable-node-failure-controller"],
    hasMulticlusterServices: flags["enable-multicluster-services"],
    // A consumer's namespace of that name would have the volumes of everybody.
    reservedNamespaces: [...flags["reserved-namespaces"], flags["storage-namespace"]],
    vkOptionsTemplate: { namespace: templateNamespace, name: templateName },
    podCidr: flags["pod-cidr"],
    runtimeClass: flags["liqo-runtime-class"],
    ...(serviceCidr !== undefined && { serviceCidr }),
    podSecurityLevel: flags["pod-security-enforce"],
    foreignClusterPingMs: flags["foreign-cluster-ping-interval"],
    foreignClusterPingTimeoutMs: flags["foreign-cluster-ping-timeout"],
  };
}

type StorageSettings = Pick<Settings, "hasStorage" | "realStorageClass" | "storageClass" | "storageNamespace">;

function storageSettings(flags: Flags): StorageSettings {
  const realStorageClass = flags["real-storage-class-name"];
  return {
    hasStorage: flags["enable-storage"],
    ...(realStorageClass !== undefined && { realStorageClass }),
    storageClass: flags["virtual-storage-class-name"],
    storageNamespace: flags["storage-namespace"],
  };
}
