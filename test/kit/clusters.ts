/**
 * Clusters for end-to-end tests, with the real kubectl and liqoctl bound to them. `milan` is the consumer, `rome` the
 * provider, as in the tutorial.
 */
import { join } from "node:path";
import { chosenEngine } from "../engines/choose.ts";
import type { ClusterRequest, Engine, TestCluster } from "../engines/engine.ts";
import { Background, type CommandOptions, type Outcome, outcome, output } from "./command.ts";

const LIQOCTL = join(import.meta.dirname, "../../bin/liqoctl");

export interface Clusters extends AsyncDisposable {
  readonly engine: Engine;
  readonly clusters: readonly TestCluster[];
  /** `kubectl --context <cluster> …`; gives what it prints, rejects unless it exits with 0. */
  kubectl(cluster: string, ...args: readonly string[]): Promise<string>;
  /** The same with options, giving exit code and both outputs. */
  tryKubectl(cluster: string, args: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** A kubectl that goes on: `port-forward`, `get -w`, `logs -f`. */
  startKubectl(cluster: string, ...args: readonly string[]): Background;
  /** `kubectl get … -o json`, parsed. The caller says what it expects to find. */
  get<T>(cluster: string, ...args: readonly string[]): Promise<T>;
  /** `helm --kube-context <cluster> …`, as kubectl. */
  helm(cluster: string, ...args: readonly string[]): Promise<string>;
  liqoctl(...args: readonly string[]): Promise<string>;
  tryLiqoctl(args: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** One that goes on. */
  startLiqoctl(...args: readonly string[]): Background;
}

/** Clusters without Liqo. */
export async function startClusters(...requests: readonly ClusterRequest[]): Promise<Clusters> {
  const engine = chosenEngine();
  try {
    return bindClusters(engine, await engine.create(requests));
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Milan and rome with Liqo on both, milan peered with rome; `more` are flags of `liqoctl install`. */
export async function startPeered(
  request: Omit<ClusterRequest, "name"> = {},
  ...more: readonly string[]
): Promise<Clusters> {
  const clusters = await startClusters({ ...request, name: "milan" }, { ...request, name: "rome" });
  try {
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster, cluster.name, ...more)));
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
    return clusters;
  } catch (error) {
    await clusters[Symbol.asyncDispose]();
    throw error;
  }
}

/** `clusterId` is Liqo's name of the cluster, by default the same as the engine's; `more` are flags of `liqoctl install`. */
export async function installLiqo(
  { liqoctl }: Clusters,
  cluster: TestCluster,
  clusterId = cluster.name,
  ...more: readonly string[]
): Promise<void> {
  const { name, podCidr, serviceCidr } = cluster;
  const cidrs = ["--pod-cidr", podCidr, "--service-cidr", serviceCidr];
  await liqoctl("install", "--context", name, "--cluster-id", clusterId, ...cidrs, ...more);
}

/** The programs, bound to clusters that the engine has made. */
export function bindClusters(engine: Engine, clusters: readonly TestCluster[]): Clusters {
  const env = { ...engine.env, NO_COLOR: "1" };
  const kubectl = (cluster: string, ...args: readonly string[]) =>
    output("kubectl", ["--context", cluster, ...args], { env });
  return {
    engine,
    clusters,
    kubectl,
    tryKubectl: (cluster, args, options) =>
      outcome("kubectl", ["--context", cluster, ...args], { ...options, env: { ...env, ...options?.env } }),
    startKubectl: (cluster, ...args) => new Background("kubectl", ["--context", cluster, ...args], env),
    get: async (cluster, ...args) => JSON.parse(await kubectl(cluster, "get", ...args, "-o", "json")),
    helm: (cluster, ...args) => output("helm", [...args, "--kube-context", cluster], { env }),
    liqoctl: (...args) => output(LIQOCTL, args, { env }),
    tryLiqoctl: (args, options) => outcome(LIQOCTL, args, { ...options, env: { ...env, ...options?.env } }),
    startLiqoctl: (...args) => new Background(LIQOCTL, args, env),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
