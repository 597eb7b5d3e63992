/** containerd, kubelet, kube-proxy and the harness's own DNS of one node, inside its network namespace and control group. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mustParseCidr, nthAddress } from "#base/cidr.ts";
import type { NodeNetwork } from "#playground/lab/node.ts";
import type { ProcessSpec } from "#playground/supervisor/processes.ts";
import { writeAtomically } from "#playground/supervisor/spec.ts";
import { insideCgroup, makeCgroups, nodeCgroups } from "./cgroups.ts";
import { type ClusterBuild, harnessProgram, kubeconfigFor, processIn, REGISTRY_PORT } from "./cluster.ts";
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  type NodeConfigInput,
  registryHosts,
} from "./node-config.ts";
import type { NodeServicesConfig } from "./programs/node-services.ts";

/** Writes configuration, makes the control groups, and returns the processes to keep running. */
export async function nodeProcesses(build: ClusterBuild, node: NodeNetwork): Promise<ProcessSpec[]> {
  const { network, paths, credentials, binaries } = build;
  const folder = paths.node(node.name);
  const cgroups = nodeCgroups(network.lab.name, build.name, node.name);
  makeCgroups(cgroups);
  await credentials.server(`${node.name}-serving`, [node.name, node.address]);
  const proxyKubeconfig = await kubeconfigFor(build, "system:kube-proxy", []);
  const input: NodeConfigInput = {
    node,
    folder,
    cniFolder: binaries.cniFolder,
    registry: `http://${network.gateway}:${REGISTRY_PORT}`,
    cgroupRoot: cgroups.pods,
    clusterPodCidr: network.podCidr,
    dnsAddress: nthAddress(mustParseCidr(build.serviceCidr), 10),
    caFile: join(paths.pki, "ca.crt"),
    servingCertFile: join(paths.pki, `${node.name}-serving.crt`),
    servingKeyFile: join(paths.pki, `${node.name}-serving.key`),
    proxyKubeconfig,
    networkName: `${network.lab.name}-${build.name}-${node.name}`,
  };
  const file = writeConfigs(input);
  const kubeconfig = await kubeconfigFor(build, `system:node:${node.name}`, ["system:nodes"]);
  const start = (name: string, command: readonly string[]): ProcessSpec => {
    const spec = processIn(build, node.netns, name, command);
    return { ...spec, command: insideCgroup(cgroups.system, spec.command) };
  };
  const { kubelet, "kube-proxy": kubeProxy } = binaries.kubernetes;
  return [
    start(`${node.name}-containerd`, [binaries.containerd, "--config", file.containerd]),
    start(node.name, [
      kubelet,
      `--config=${file.kubelet}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${join(folder, "kubelet")}`,
      `--cert-dir=${join(folder, "kubelet/pki")}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address}`,
    ]),
    start(`${node.name}-proxy`, [kubeProxy, `--config=${file.proxy}`]),
    start(`${node.name}-services`, harnessProgram("node-services", file.services)),
  ];
}

function writeConfigs(input: NodeConfigInput): {
  containerd: string;
  kubelet: string;
  proxy: string;
  services: string;
} {
  const { folder, node, dnsAddress, proxyKubeconfig } = input;
  for (const name of ["kubelet", "pod-logs"]) mkdirSync(join(folder, name), { recursive: true });
  const write = (name: string, content: string | object): string => {
    const path = join(folder, name);
    writeAtomically(path, typeof content === "string" ? content : JSON.stringify(content, undefined, 2), 0o600);
    return path;
  };
  write("cni/10-lab.conflist", cniConfig(input));
  write("registries/_default/hosts.toml", registryHosts(input));
  const services: NodeServicesConfig = { kubeconfig: proxyKubeconfig, nodeName: node.name, dnsAddress };
  return {
    containerd: write("containerd.toml", containerdConfig(input)),
    kubelet: write("kubelet.json", kubeletConfig(input)),
    proxy: write("kube-proxy.json", kubeProxyConfig(input)),
    services: write("node-services.json", services),
  };
}
