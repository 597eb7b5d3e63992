/** The configuration files that the supervisor hands to its processes. */
import type { Identity } from "#pki/certificate.ts";

export interface ApiServerConfig {
  readonly storeFile: string;
  readonly address: string;
  readonly port: number;
  readonly serviceCidr: string;
  readonly schemas: string;
  readonly tls: Identity;
  /** PEM. */
  readonly ca: string;
  readonly kubeletClient: Identity;
  /** PEM of the key that signs service-account tokens. */
  readonly tokenKey: string;
  /** Absent: no audit log. */
  readonly auditLog?: string;
}

export interface ControllersConfig {
  readonly server: string;
  readonly ca: Identity;
  readonly controllerManager: Identity;
  readonly scheduler: Identity;
  readonly podCidr: string;
  /** Where the class `local-path` keeps its folders. */
  readonly volumes: string;
  readonly loadBalancerRange?: { readonly first: string; readonly last: string };
}

export interface NodeConfig {
  readonly cluster: string;
  readonly lab: string;
  readonly name: string;
  readonly folder: string;
  readonly kubeconfig: string;
  /** Identity of the service proxy and of DNS (system:kube-proxy). */
  readonly proxyKubeconfig: string;
  readonly ca: string;
  readonly serving: Identity;
  readonly address: string;
  /** This node's part. */
  readonly podCidr: string;
  readonly clusterPodCidr: string;
  readonly serviceCidr: string;
  readonly dnsAddress: string;
  readonly netns: string;
  readonly bridge: string;
  readonly bridgeAddress: string;
  readonly cpu: string;
  readonly memory: string;
  readonly project: string;
  /** YAML file with images of the user, who may write it at any time. */
  readonly images: string;
  /** Folder of the images that were pulled or loaded, shared by all nodes of the home. */
  readonly imageStore: string;
}
