/** Files that the node agent makes for a pod: hosts, resolv.conf. Kubernetes: pkg/kubelet/kubelet_pods.go, pkg/kubelet/network/dns */
import type { HostAlias, Pod } from "kubernetes-types/core/v1";
import { hostnameOf } from "./environment.ts";

export interface ResolverConfig {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

const MANAGED = "# Kubernetes-managed hosts file.";

export function hostsFile(pod: Pod, ip: string, domain: string): string {
  const hostname = hostnameOf(pod);
  const subdomain = pod.spec?.subdomain;
  const full = subdomain === undefined ? [] : [`${hostname}.${subdomain}.${pod.metadata?.namespace}.svc.${domain}`];
  const lines = [
    MANAGED,
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    `${ip}\t${[...full, hostname].join("\t")}`,
  ];
  const aliases = pod.spec?.hostAliases ?? [];
  return `${[...lines, ...(aliases.length > 0 ? ["", "# Entries added by HostAliases."] : []), ...aliases.map(formatAlias)].join("\n")}\n`;
}

/** `node` is what a pod with dnsPolicy Default inherits. */
export function resolverConfig(
  pod: Pod,
  cluster: { address: string; domain: string },
  node: ResolverConfig,
): ResolverConfig {
  const policy = pod.spec?.dnsPolicy ?? "ClusterFirst";
  const usesCluster =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && pod.spec?.hostNetwork !== true);
  const base: ResolverConfig =
    policy === "None"
      ? { nameservers: [], searches: [], options: [] }
      : usesCluster
        ? {
            nameservers: [cluster.address],
            searches: [
              `${pod.metadata?.namespace}.svc.${cluster.domain}`,
              `svc.${cluster.domain}`,
              cluster.domain,
              ...node.searches,
            ],
            options: ["ndots:5"],
          }
        : node;
  const own = pod.spec?.dnsConfig;
  const options = new Map(base.options.map((option) => [option.split(":")[0] ?? option, option]));
  for (const { name = "", value } of own?.options ?? [])
    options.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    nameservers: [...new Set([...base.nameservers, ...(own?.nameservers ?? [])])].slice(0, 3),
    searches: [...new Set([...base.searches, ...(own?.searches ?? [])])],
    options: [...options.values()],
  };
}

export function parseResolvConf(text: string): ResolverConfig {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const of = (keyword: string): string[] => lines.filter(([first]) => first === keyword).flatMap(([, ...rest]) => rest);
  return { nameservers: of("nameserver"), searches: of("search"), options: of("options") };
}

export function formatResolvConf({ searches, nameservers, options }: ResolverConfig): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
    "",
  ].join("\n");
}

function formatAlias({ ip, hostnames }: HostAlias): string {
  return [ip, ...(hostnames ?? [])].join("\t");
}
