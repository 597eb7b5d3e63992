/** The configuration files of a node's daemons, as text. Pure. */
import type { NodeNetwork } from "#playground/lab/node.ts";

export interface NodeConfigInput {
  readonly node: NodeNetwork;
  /** The node's own folder: everything it writes is below. */
  readonly folder: string;
  readonly cniFolder: string;
  /** `http://…`, where all images come from. */
  readonly registry: string;
  readonly cgroupRoot: string;
  readonly clusterPodCidr: string;
  readonly dnsAddress: string;
  readonly caFile: string;
  readonly servingCertFile: string;
  readonly servingKeyFile: string;
  readonly proxyKubeconfig: string;
  /** Unique on this machine: CNI keeps its cache by it. */
  readonly networkName: string;
}

const SANDBOX_IMAGE = "registry.k8s.io/pause:3.10";

export function containerdSocket(folder: string): string {
  return `${folder}/containerd.sock`;
}

/** containerd 1.6: docs/cri/config.md */
export function containerdConfig({ folder, cniFolder }: NodeConfigInput): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "${containerdSocket(folder)}"
[ttrpc]
  address = "${containerdSocket(folder)}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/containerd/opt"
[${cri}]
  sandbox_image = "${SANDBOX_IMAGE}"
  # A process without CAP_SYS_RESOURCE can't lower its score.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  max_concurrent_downloads = 10
  [${cri}.containerd]
    snapshotter = "overlayfs"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        Root = "${folder}/runc"
  [${cri}.cni]
    bin_dir = "${cniFolder}"
    conf_dir = "${folder}/cni"
  [${cri}.registry]
    config_path = "${folder}/registries"
`;
}

/** For every registry: there is no way out of the lab. */
export function registryHosts({ registry }: NodeConfigInput): string {
  return `server = "${registry}"
[host."${registry}"]
  capabilities = ["pull", "resolve"]
`;
}

export function cniConfig({ node, folder, networkName }: NodeConfigInput): object {
  return {
    cniVersion: "1.0.0",
    name: networkName,
    plugins: [
      {
        type: "bridge",
        bridge: node.bridge,
        isGateway: true,
        // The lab does it, beside the routes between the nodes.
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: `${folder}/cni-addresses`,
          ranges: [[{ subnet: node.podCidr, gateway: node.bridgeAddress }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

export function kubeletConfig(input: NodeConfigInput): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: input.node.address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: input.caFile },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: input.servingCertFile,
    tlsPrivateKeyFile: input.servingKeyFile,
    containerRuntimeEndpoint: `unix://${containerdSocket(input.folder)}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: input.cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    clusterDomain: "cluster.local",
    clusterDNS: [input.dnsAddress],
    resolvConf: "",
    podLogsDir: `${input.folder}/pod-logs`,
    volumePluginDir: `${input.folder}/volume-plugins`,
    // A machine that others use too: nothing of its state concerns these pods.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    oomScoreAdj: 0,
    // How long a mounted ConfigMap may lag: a minute would only make tests slow.
    syncFrequency: "10s",
    serializeImagePulls: false,
    registryPullQPS: 0,
    shutdownGracePeriod: "0s",
  };
}

export function kubeProxyConfig({ node, clusterPodCidr, proxyKubeconfig }: NodeConfigInput): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    hostnameOverride: node.name,
    clientConnection: { kubeconfig: proxyKubeconfig },
    clusterCIDR: clusterPodCidr,
    detectLocalMode: "ClusterCIDR",
    bindAddress: "0.0.0.0",
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    oomScoreAdj: 0,
    // The machine's own settings stay as they are.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}
