/**
 * A cluster's part of the lab: the control-plane namespace with the bridge on which the nodes sit. The API server runs
 * there, and it is the router between the nodes, the other clusters and the host.
 */
import type { Context } from "#base/context.ts";
import {
  checkName,
  clusterAddressing,
  controlPlaneNamespace,
  hardwareAddress,
  nodeAddress,
  nodeNamespace,
  nodePodCidr,
} from "./addressing.ts";
import type { Lab } from "./lab.ts";
import { forgetLinks } from "./links.ts";
import { deleteNetns, ensureNetns, ipBatch, linkNames, makeRouter } from "./netns.ts";
import { type ClusterState, findLabState, type LabState, withCluster, withNamespace, writeLabState } from "./state.ts";

export interface ClusterNetworkOptions {
  readonly name: string;
  readonly podCidr: string;
}

export interface ClusterNetwork {
  readonly lab: Lab;
  readonly name: string;
  readonly podCidr: string;
  /** Namespace of the control plane. */
  readonly netns: string;
  /** The /24 of the nodes. */
  readonly subnet: string;
  /** Where the API server listens, and the nodes' gateway. */
  readonly gateway: string;
  readonly loadBalancerRange: { readonly first: string; readonly last: string };
}

export async function createClusterNetwork(
  ctx: Context,
  lab: Lab,
  options: ClusterNetworkOptions,
): Promise<ClusterNetwork> {
  checkName("cluster", options.name);
  const netns = controlPlaneNamespace(lab.name, options.name);
  const { state, cluster } = withCluster(labState(lab), options.name, options.podCidr);
  writeLabState(lab.directory, withNamespace(state, netns));
  const plan = clusterAddressing(lab.subnet, cluster.index);
  await ensureNetns(ctx, netns);
  await makeRouter(ctx, netns);
  const uplink = uplinkName(cluster.index);
  const others = state.clusters.filter((item) => item !== cluster).map(({ index }) => uplinkName(index));
  await forgetLinks(ctx, lab.netns, uplink, others);
  if (!(await linkNames(ctx, lab.netns)).has(uplink)) {
    await ipBatch(ctx, lab.netns, [`link add ${uplink} type veth peer name lab0 netns ${netns}`]);
  }
  const hasBridge = (await linkNames(ctx, netns)).has("br0");
  await ipBatch(ctx, lab.netns, [
    `addr replace ${plan.uplink.outer}/${plan.uplink.prefix} dev ${uplink}`,
    `link set ${uplink} up`,
    `route replace ${plan.subnet} via ${plan.uplink.inner}`,
  ]);
  await ipBatch(ctx, netns, [
    ...(hasBridge ? [] : ["link add br0 type bridge"]),
    `addr replace ${plan.uplink.inner}/${plan.uplink.prefix} dev lab0`,
    `link set br0 address ${hardwareAddress(plan.gateway)}`,
    `addr replace ${plan.gateway}/24 dev br0`,
    "link set lab0 up",
    "link set br0 up",
    `route replace default via ${plan.uplink.outer}`,
  ]);
  const { subnet, gateway, loadBalancerRange } = plan;
  return { lab, name: options.name, podCidr: cluster.podCidr, netns, subnet, gateway, loadBalancerRange };
}

function uplinkName(clusterIndex: number): string {
  return `c${clusterIndex}`;
}

/** The cluster's entry and everything needed to address its nodes. */
export function clusterState(network: ClusterNetwork): { state: LabState; cluster: ClusterState } {
  const state = labState(network.lab);
  const cluster = state.clusters.find((item) => item.name === network.name);
  if (cluster === undefined) throw new Error(`cluster network ${network.name}: not part of lab ${network.lab.name}`);
  return { state, cluster };
}

export interface NodeAddressing {
  readonly netns: string;
  readonly address: string;
  readonly podCidr: string;
}

export function nodeAddressing(network: ClusterNetwork, node: { name: string; index: number }): NodeAddressing {
  return {
    netns: nodeNamespace(network.lab.name, network.name, node.name),
    address: nodeAddress(network.subnet, node.index),
    podCidr: nodePodCidr(network.podCidr, node.index),
  };
}

function labState(lab: Lab): LabState {
  const state = findLabState(lab.directory);
  if (state === undefined) throw new Error(`lab ${lab.name}: ${lab.directory} holds no state; create the lab first`);
  return state;
}

/** Removes the namespaces of a cluster and of its nodes, and forgets its number. Repeatable. */
export async function deleteClusterNetwork(ctx: Context, lab: Lab, name: string): Promise<void> {
  const state = labState(lab);
  const cluster = state.clusters.find((item) => item.name === name);
  if (cluster === undefined) return;
  const gone = [
    ...cluster.nodes.map((node) => nodeNamespace(lab.name, name, node.name)),
    controlPlaneNamespace(lab.name, name),
  ];
  // Other links to a namespace go with it, though some time later: this one would pass for that of a next cluster.
  const uplink = uplinkName(cluster.index);
  if ((await linkNames(ctx, lab.netns)).has(uplink)) await ipBatch(ctx, lab.netns, [`link delete ${uplink}`]);
  for (const namespace of gone) await deleteNetns(namespace);
  const left = labState(lab);
  writeLabState(lab.directory, {
    ...left,
    namespaces: left.namespaces.filter((namespace) => !gone.includes(namespace)),
    clusters: left.clusters.filter((item) => item.name !== name),
  });
}
