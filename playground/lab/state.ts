/**
 * What a lab has made on this machine, written down before it is made: whatever crashes, deleting by this file leaves nothing behind.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "#base/errors.ts";

export interface LabState {
  readonly name: string;
  /** Undefined until a free range has been found. */
  readonly subnet?: string;
  readonly hostLink: string;
  readonly namespaces: readonly string[];
  readonly clusters: readonly ClusterState[];
}

export interface ClusterState {
  readonly name: string;
  readonly index: number;
  readonly podCidr: string;
  readonly nodes: readonly NodeState[];
}

export interface NodeState {
  readonly name: string;
  readonly index: number;
}

const FILE = "lab-network.json";

export function findLabState(directory: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), "utf8")) as LabState;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new Error(`read lab state ${join(directory, FILE)}: not readable`, { cause: error });
  }
}

export function writeLabState(directory: string, state: LabState): void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function removeLabState(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}

/** The state with one more namespace to remove. */
export function withNamespace(state: LabState, namespace: string): LabState {
  return state.namespaces.includes(namespace) ? state : { ...state, namespaces: [...state.namespaces, namespace] };
}

/** The state with the cluster added, or its present entry: the lowest free index is taken. */
export function withCluster(
  state: LabState,
  name: string,
  podCidr: string,
): { state: LabState; cluster: ClusterState } {
  const present = state.clusters.find((cluster) => cluster.name === name);
  if (present !== undefined) return { state, cluster: present };
  const cluster: ClusterState = { name, index: freeIndex(state.clusters), podCidr, nodes: [] };
  return { state: { ...state, clusters: [...state.clusters, cluster] }, cluster };
}

export function withNode(state: LabState, cluster: ClusterState, name: string): { state: LabState; node: NodeState } {
  const present = cluster.nodes.find((node) => node.name === name);
  if (present !== undefined) return { state, node: present };
  const node: NodeState = { name, index: freeIndex(cluster.nodes) };
  const changed: ClusterState = { ...cluster, nodes: [...cluster.nodes, node] };
  return { state: { ...state, clusters: state.clusters.map((c) => (c.name === cluster.name ? changed : c)) }, node };
}

function freeIndex(items: readonly { readonly index: number }[]): number {
  const used = new Set(items.map((item) => item.index));
  let index = 0;
  while (used.has(index)) index++;
  return index;
}
