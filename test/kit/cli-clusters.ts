/** The two clusters of `startTwoClusters` with Liqo's namespace and cluster id, and liqoctl for both. For tests of commands. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configMaps, namespaces } from "#machinery/builtin.ts";
import { type LiqoctlOutcome, runLiqoctl } from "./liqoctl.ts";
import { startTwoClusters, type TwoClusters, type TwoClustersOptions } from "./two-clusters.ts";

export interface CliClusters extends TwoClusters {
  /** Has the contexts `consumer` and `provider`; the first one is the current one. */
  readonly kubeconfig: string;
  readonly liqoctl: (args: string, answer?: string) => Promise<LiqoctlOutcome>;
}

/** Their ids are cluster-a and cluster-b, as the names of the tenant namespaces say. */
export async function startCliClusters(options: TwoClustersOptions = {}): Promise<CliClusters> {
  const clusters = await startTwoClusters(options);
  const { ctx, consumer, provider } = clusters;
  for (const [{ client }, id] of [
    [consumer, "cluster-a"],
    [provider, "cluster-b"],
  ] as const) {
    await client.create(ctx, namespaces, { metadata: { name: "liqo" } });
    const labels = { "app.kubernetes.io/name": "clusterid-configmap" };
    const metadata = { name: "liqo-clusterid-configmap", namespace: "liqo", labels };
    await client.create(ctx, configMaps, { metadata, data: { CLUSTER_ID: id } });
  }
  const sides = Object.entries({ consumer, provider });
  const kubeconfig = join(consumer.api.directory, "kubeconfig-of-both");
  const content = {
    "current-context": "consumer",
    contexts: sides.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    clusters: sides.map(([name, { api }]) => ({
      name,
      cluster: { server: api.url, "certificate-authority-data": Buffer.from(api.ca).toString("base64") },
    })),
    users: sides.map(([name, { api }]) => ({ name, user: { token: api.adminToken } })),
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
  return {
    ...clusters,
    kubeconfig,
    liqoctl: (args, answer) =>
      runLiqoctl(ctx, args.split(" "), { kubeconfig, ...(answer !== undefined && { answer }) }),
    [Symbol.asyncDispose]: async () => {
      rmSync(kubeconfig, { force: true });
      await clusters[Symbol.asyncDispose]();
    },
  };
}
