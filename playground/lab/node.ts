/**
 * A node's namespace: its address on the cluster's bridge, its pod bridge, the routes among nodes, and the masquerading
 * that a CNI does for pods that leave the cluster.
 */
import { existsSync } from "node:fs";
import { mustParseCidr, nthAddress } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { checkName, hardwareAddress } from "./addressing.ts";
import { type ClusterNetwork, clusterState, type NodeAddressing, nodeAddressing } from "./cluster.ts";
import { ensureNetns, ipBatch, linkNames, makeRouter, netnsPath, runIn } from "./netns.ts";
import { withNamespace, withNode, writeLabState } from "./state.ts";

export interface NodeNetwork {
  readonly name: string;
  readonly netns: string;
  /** For `nsenter --net=`. */
  readonly netnsPath: string;
  readonly address: string;
  /** This node's slice of the pod CIDR. */
  readonly podCidr: string;
  /** The pod bridge, and its address. */
  readonly bridge: string;
  readonly bridgeAddress: string;
}

const POD_BRIDGE = "cni0";

export async function createNodeNetwork(ctx: Context, network: ClusterNetwork, name: string): Promise<NodeNetwork> {
  checkName("node", name);
  const found = clusterState(network);
  const { state, node } = withNode(found.state, found.cluster, name);
  const own = nodeAddressing(network, node);
  writeLabState(network.lab.directory, withNamespace(state, own.netns));
  await ensureNetns(ctx, own.netns);
  await makeRouter(ctx, own.netns);
  await ensureUplink(ctx, network, own, node.index);
  const bridgeAddress = nthAddress(mustParseCidr(own.podCidr), 1);
  const hasBridge = (await linkNames(ctx, own.netns)).has(POD_BRIDGE);
  await ipBatch(ctx, own.netns, [
    ...(hasBridge ? [] : [`link add ${POD_BRIDGE} type bridge`]),
    // Without an address of its own a bridge takes its lowest port's, and pods lose their gateway whenever one comes or goes.
    `link set ${POD_BRIDGE} address ${hardwareAddress(bridgeAddress)}`,
    `addr replace ${bridgeAddress}/24 dev ${POD_BRIDGE}`,
    `link set ${POD_BRIDGE} up`,
  ]);
  await runIn(ctx, own.netns, ["nft", "-f", "-"], masqueradeRules(network, own.podCidr));
  const others = found.cluster.nodes
    .filter((other) => other.name !== name)
    .map((other) => nodeAddressing(network, other));
  await connect(ctx, network, own, others);
  return { name, ...own, netnsPath: netnsPath(own.netns), bridge: POD_BRIDGE, bridgeAddress };
}

async function ensureUplink(ctx: Context, network: ClusterNetwork, own: NodeAddressing, index: number): Promise<void> {
  const uplink = uplinkName(index);
  if (!(await linkNames(ctx, network.netns)).has(uplink)) {
    await ipBatch(ctx, network.netns, [`link add ${uplink} type veth peer name eth0 netns ${own.netns}`]);
  }
  await ipBatch(ctx, network.netns, [`link set ${uplink} master br0 up`]);
  await ipBatch(ctx, own.netns, [
    `addr replace ${own.address}/24 dev eth0`,
    "link set eth0 up",
    `route replace default via ${network.gateway}`,
  ]);
}

function uplinkName(index: number): string {
  return `n${index}`;
}

/** Every other node and the control plane learn the way to this node's pods, and this node the way to theirs. */
async function connect(
  ctx: Context,
  network: ClusterNetwork,
  own: NodeAddressing,
  others: readonly NodeAddressing[],
): Promise<void> {
  const here = `route replace ${own.podCidr} via ${own.address}`;
  await ipBatch(ctx, network.netns, [here]);
  const present = others.filter((other) => existsSync(netnsPath(other.netns)));
  await ipBatch(
    ctx,
    own.netns,
    present.map((other) => `route replace ${other.podCidr} via ${other.address}`),
  );
  await Promise.all(present.map((other) => ipBatch(ctx, other.netns, [here])));
}

/** Priority 100, after the product's own rules at 99: what they have translated is not translated again. */
function masqueradeRules(network: Pick<ClusterNetwork, "podCidr" | "subnet">, nodePods: string): string {
  return `table ip playground-cni
delete table ip playground-cni
table ip playground-cni {
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    ip saddr ${nodePods} ip daddr != { ${network.podCidr}, ${network.subnet}, 224.0.0.0/4 } masquerade
  }
}
`;
}
