/** Flags of liqo-controller-manager. Upstream: cmd/liqo-controller-manager/main.go, with those of webhook, IPAM and replicator */
import { DEFAULT_RUNTIME_CLASS } from "#api/offloading/runtime-class.ts";
import { boolean, durationMs, integer, list, oneOf, pairs, parseFlags, required, text } from "#base/flags.ts";
import { POD_SECURITY_LEVELS, type Settings } from "#controllers/deps.ts";
import { withScheme } from "#trust/api-server-address.ts";

export interface ManagerOptions {
  readonly settings: Omit<Settings, "ca">;
  readonly modules: { readonly networking: boolean; readonly authentication: boolean; readonly offloading: boolean };
  readonly webhooks: {
    readonly runtimeClass: string;
    readonly port: number;
    readonly secretName: string;
    readonly serviceName: string;
  };
  readonly healthPort: number;
  readonly elects: boolean;
}

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
  "reserved-namespaces": list(),
  "pod-security-enforce": oneOf(POD_SECURITY_LEVELS, "baseline"),
  "vk-options-default-template": text("liqo/virtual-kubelet-default"),
  "foreign-cluster-ping-interval": durationMs("5s"),
  "foreign-cluster-ping-timeout": durationMs("5s"),
  "liqo-runtime-class": text(DEFAULT_RUNTIME_CLASS),
  "webhook-port": integer(9443),
  "webhook-service": text("liqo-webhook"),
  "webhook-secret": text("liqo-webhook-certs"),
  "health-port": integer(8081),
  "enable-leader-election": boolean(false),
};

/** Throws a FlagError that names the flag. */
export function parseManagerOptions(args: readonly string[]): ManagerOptions {
  const flags = parseFlags(args, KINDS);
  const [templateNamespace = "liqo", templateName = "virtual-kubelet-default"] =
    flags["vk-options-default-template"].split("/");
  const address = flags["api-server-address-override"];
  const serviceCidr = flags["service-cidr"];
  return {
    settings: {
      clusterId: flags["cluster-id"],
      liqoNamespace: flags["liqo-namespace"],
      ...(address !== undefined && {
        apiServerAddressOverride: withScheme(address),
      }),
      remapsApiServerProxy: flags["enable-api-server-proxy-ip-remapping"],
      apiServerIpUsesEndpointSlices: flags["api-server-ip-use-endpointslices"],
      clusterLabels: flags["cluster-labels"],
      defaultLimitsEnforcement: flags["default-limits-enforcement"],
      defaultNodeResources: flags["default-node-resources"],
      reservedNamespaces: flags["reserved-namespaces"],
      vkOptionsTemplate: { namespace: templateNamespace, name: templateName },
      podCidr: flags["pod-cidr"],
      ...(serviceCidr !== undefined && { serviceCidr }),
      podSecurityLevel: flags["pod-security-enforce"],
      foreignClusterPingMs: flags["foreign-cluster-ping-interval"],
      foreignClusterPingTimeoutMs: flags["foreign-cluster-ping-timeout"],
    },
    modules: {
      networking: flags["networking-enabled"],
      authentication: flags["authentication-enabled"],
      offloading: flags["offloading-enabled"],
    },
    webhooks: {
      runtimeClass: flags["liqo-runtime-class"],
      port: flags["webhook-port"],
      secretName: flags["webhook-secret"],
      serviceName: flags["webhook-service"],
    },
    healthPort: flags["health-port"],
    elects: flags["enable-leader-election"],
  };
}
