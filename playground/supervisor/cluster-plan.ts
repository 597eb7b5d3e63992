/** From a cluster's specification to its network, credentials, configuration files and processes. */
import { join } from "node:path";
import { mustParseCidr, nthAddress } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import type { Identity } from "#pki/certificate.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";
import { type ClusterNetwork, createClusterNetwork } from "#playground/lab/cluster.ts";
import type { Lab } from "#playground/lab/lab.ts";
import { createNodeNetwork, type NodeNetwork } from "#playground/lab/node.ts";
import type { ApiServerConfig, ControllersConfig, NodeConfig } from "./config.ts";
import { Credentials } from "./credentials.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import type { ClusterPaths } from "./paths.ts";
import type { ProcessSpec } from "./processes.ts";
import { apiServerNames } from "./serving-names.ts";
import { type ClusterSpec, writeAtomically } from "./spec.ts";

// V8 lets the space for new objects grow to 2 x 64 MiB under load, and keeps it. With a quarter of that nothing gets slower.
const YOUNG_GENERATION = "--max-semi-space-size=16";

export const API_PORT = 6443;

export interface ClusterPlan {
  readonly access: ClusterAccess;
  readonly processes: readonly ProcessSpec[];
}

export interface Programs {
  readonly node: string;
  /** Folder of the bundled entry points. */
  readonly bundles: string;
  /** Project folder: images run from here. */
  readonly project: string;
}

export interface Build {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
  readonly programs: Programs;
  readonly network: ClusterNetwork;
  /** Of its workers; none while it is stopped. */
  readonly nodes: readonly NodeNetwork[];
}

interface Parts extends Omit<Build, "nodes"> {
  readonly credentials: Credentials;
  readonly server: string;
}

/** Creates what is missing and returns the processes to keep running. Repeatable. */
export async function planCluster(
  ctx: Context,
  lab: Lab,
  spec: ClusterSpec,
  paths: ClusterPaths,
  programs: Programs,
): Promise<ClusterPlan> {
  const network = await createClusterNetwork(ctx, lab, { name: spec.name, podCidr: spec.podCidr });
  const nodes: NodeNetwork[] = [];
  for (let i = 1; i <= spec.workers && !spec.stopped; i++)
    nodes.push(await createNodeNetwork(ctx, network, `worker-node-${i}`));
  return writePlan({ spec, paths, programs, network, nodes });
}

/** Credentials, configuration files and processes of a cluster whose networks are there. */
export async function writePlan({ nodes, ...build }: Build): Promise<ClusterPlan> {
  const { spec, paths, network } = build;
  const credentials = new Credentials(paths.pki);
  const server = `https://${network.gateway}:${API_PORT}`;
  const ca = await credentials.ca();
  const admin = await credentials.client("admin", {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
  });
  const access: ClusterAccess = { name: spec.name, server, ca: ca.certificate, admin };
  if (spec.stopped) return { access, processes: [] };
  const parts: Parts = { ...build, credentials, server };
  const processes = [await apiServerProcess(parts), await controllersProcess(parts)];
  for (const node of nodes) processes.push(await nodeProcess(parts, node));
  return { access, processes };
}

async function apiServerProcess({ spec, paths, programs, credentials, network }: Parts): Promise<ProcessSpec> {
  const ca = await credentials.ca();
  const names = apiServerNames(network.gateway, spec.serviceCidr);
  const config: ApiServerConfig = {
    storeFile: paths.store,
    address: network.gateway,
    port: API_PORT,
    serviceCidr: spec.serviceCidr,
    schemas: join(programs.project, ".build/openapi"),
    tls: await credentials.server("apiserver", names),
    ca: ca.certificate,
    kubeletClient: await credentials.client("apiserver-kubelet-client", {
      commonName: "kube-apiserver-kubelet-client",
      organizations: ["system:masters"],
    }),
    tokenKey: credentials.tokenKey(),
    ...(spec.auditLog && { auditLog: paths.auditLog }),
  };
  return processSpec({ spec, paths, programs }, "apiserver", network.netns, config);
}

async function controllersProcess({
  spec,
  paths,
  programs,
  credentials,
  network,
  server,
}: Parts): Promise<ProcessSpec> {
  const ca = await credentials.ca();
  const config: ControllersConfig = {
    server,
    ca,
    controllerManager: await credentials.client("controller-manager", {
      commonName: "system:kube-controller-manager",
      organizations: [],
    }),
    scheduler: await credentials.client("scheduler", { commonName: "system:kube-scheduler", organizations: [] }),
    podCidr: spec.podCidr,
    volumes: paths.volumes,
    ...(spec.loadBalancer && { loadBalancerRange: network.loadBalancerRange }),
  };
  return processSpec({ spec, paths, programs }, "controllers", network.netns, config);
}

async function nodeProcess(
  { spec, paths, programs, credentials, network, server }: Parts,
  node: NodeNetwork,
): Promise<ProcessSpec> {
  const ca = await credentials.ca();
  const identity = await credentials.client(node.name, {
    commonName: `system:node:${node.name}`,
    organizations: ["system:nodes"],
  });
  const proxy = await credentials.client("kube-proxy", { commonName: "system:kube-proxy", organizations: [] });
  const folder = paths.node(node.name);
  const access = (user: string, own: Identity): string => {
    const path = join(folder, `${user}.kubeconfig`);
    const config = forgeKubeconfig({ cluster: spec.name, server, ca: ca.certificate, user, credentials: own });
    writeAtomically(path, JSON.stringify(config), 0o600);
    return path;
  };
  const serviceCidr = mustParseCidr(spec.serviceCidr);
  const config: NodeConfig = {
    cluster: spec.name,
    lab: network.lab.name,
    name: node.name,
    folder,
    kubeconfig: access("kubelet", identity),
    proxyKubeconfig: access("kube-proxy", proxy),
    ca: ca.certificate,
    serving: await credentials.server(`${node.name}-serving`, [node.name, node.address]),
    address: node.address,
    podCidr: node.podCidr,
    clusterPodCidr: spec.podCidr,
    serviceCidr: spec.serviceCidr,
    dnsAddress: nthAddress(serviceCidr, 10),
    netns: node.netns,
    bridge: node.bridge,
    bridgeAddress: node.bridgeAddress,
    cpu: spec.cpu,
    memory: spec.memory,
    project: programs.project,
    images: paths.images,
    imageStore: paths.imageStore,
  };
  return processSpec({ spec, paths, programs }, node.name, node.netns, config, "node");
}

function processSpec(
  { spec, paths, programs }: Pick<Parts, "spec" | "paths" | "programs">,
  name: string,
  netns: string,
  config: object,
  entry = name,
): ProcessSpec {
  const file = join(paths.config, `${name}.json`);
  writeAtomically(file, JSON.stringify(config), 0o600);
  // nsenter, not `ip netns exec`: the latter hides the cgroup mounts.
  const command = [
    "nsenter",
    `--net=/run/netns/${netns}`,
    programs.node,
    YOUNG_GENERATION,
    join(programs.bundles, `playground-${entry}.js`),
    file,
  ] as const;
  return { name: `${spec.name}.${name}`, command: [...command], logFile: join(paths.logs, `${name}.log`) };
}
