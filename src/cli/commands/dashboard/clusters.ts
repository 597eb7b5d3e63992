/** Which clusters a dashboard looks at. */

import { readFile } from "node:fs/promises";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { parseKubeconfig } from "#kube/client/config.ts";
import { type Cluster, findClusterId, openCluster } from "../../cluster.ts";

export interface Looked {
  /** Of the context. */
  readonly name: string;
  readonly access: Cluster;
}

export interface Asked {
  readonly kubeconfig: string;
  readonly liqoNamespace: string;
  /** None: the current one, and those of its peers. */
  readonly contexts: readonly string[];
}

/** More than anybody can look at. */
const MOST_CONTEXTS = 64;
const ANSWER_MS = 2_000;

/** Throws a CliError for a context that is not in the kubeconfig. */
export async function chooseClusters(ctx: Context, asked: Asked): Promise<Looked[]> {
  const { kubeconfig, contexts } = asked;
  const open = (name: string): Looked => ({
    name,
    access: openCluster({ kubeconfig, context: name }, asked.liqoNamespace, kubeconfig),
  });
  if (contexts.length > 0) return [...new Set(contexts)].map(open);
  // What is wrong with the file is said by whoever opens it.
  const home = openCluster({ kubeconfig }, asked.liqoNamespace, kubeconfig);
  const config = parseKubeconfig(await readFile(kubeconfig, "utf8"), kubeconfig);
  const current = config["current-context"] ?? "";
  const own: Looked = { name: current, access: home };
  const others = (config.contexts ?? []).map(({ name }) => name).filter((name) => name !== current);
  if (others.length === 0) return [own];
  const peers = await peersOf(ctx, home);
  if (peers.length === 0) return [own];
  const found = await Promise.all(
    others.slice(0, MOST_CONTEXTS).map((name) => openIfPeer(ctx, () => open(name), peers)),
  );
  return [own, ...found.filter((each) => each !== undefined)];
}

async function peersOf(ctx: Context, { client }: Cluster): Promise<string[]> {
  try {
    const { items } = await client.list(withTimeout(ctx, ANSWER_MS), foreignClusters);
    return items.flatMap(({ metadata }) => metadata?.name ?? []);
  } catch {
    // It is shown as it is: silent, or without Liqo.
    return [];
  }
}

async function openIfPeer(ctx: Context, open: () => Looked, peers: readonly string[]): Promise<Looked | undefined> {
  let looked: Looked;
  try {
    looked = open();
  } catch {
    // A context that names what is not there is nobody's peer.
    return undefined;
  }
  const id = await idOf(ctx, looked.access);
  if (id !== undefined && peers.includes(id)) return looked;
  looked.access[Symbol.dispose]();
  return undefined;
}

async function idOf(ctx: Context, access: Cluster): Promise<string | undefined> {
  try {
    return await findClusterId(withTimeout(ctx, ANSWER_MS), access);
  } catch {
    return undefined;
  }
}
