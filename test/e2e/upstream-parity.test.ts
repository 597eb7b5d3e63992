/**
 * What our controllers write, beside what upstream's wrote: the same two clusters, peering, namespace and manifest as
 * in the recording, compared object by object and field by field.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type NormalObject, normalObject } from "#kit/normal-object.ts";
import { type Accepted, differences, formatDifference, judge } from "#kit/object-differences.ts";
import { kindArguments, RECORDINGS, readRecording } from "#kit/recording.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { CONSUMER, PROVIDER } from "./upstream-accepted.ts";

const SETTLE_MS = 60_000;
/** Kinds of which the recording has none, to see what we write that upstream does not. */
const MORE_KINDS = ["Role", "RoleBinding", "ClusterRoleBinding"].map((kind) => `${kind}.v1.rbac.authorization.k8s.io`);
const OUR_NAMESPACES = /^(liqo-tenant-.*|off|off-cluster-a)$/;

describe("objects beside upstream's", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await prepare();
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  for (const [side, cluster, accepted] of [
    ["consumer", "cluster-a", CONSUMER],
    ["provider", "cluster-b", PROVIDER],
  ] as const) {
    test(`the ${side}'s objects equal those that upstream wrote, but for what is listed`, () =>
      eventually(
        `nothing else differs on ${cluster}`,
        async () => {
          const recorded = readRecording(side);
          compare(recorded, await objectsOf(clusters, cluster, recorded), accepted);
        },
        SETTLE_MS,
      ));
  }
});

async function prepare(): Promise<Clusters> {
  const clusters = await startClusters(
    { name: "cluster-a", workers: 1, podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
    { name: "cluster-b", workers: 1, podCidr: "10.245.0.0/16", serviceCidr: "10.97.0.0/16" },
  );
  try {
    for (const cluster of clusters.clusters) await installLiqo(clusters, cluster);
    const resources = ["--cpu", "500", "--memory", "1000Gi", "--pods", "3k"];
    const peering = ["--context", "cluster-a", "--remote-context", "cluster-b", "--gw-server-service-type", "NodePort"];
    await clusters.liqoctl("peer", ...peering, ...resources);
    await clusters.kubectl("cluster-a", "create", "namespace", "off");
    const strategy = ["--pod-offloading-strategy", "Remote"];
    await clusters.liqoctl("offload", "namespace", "off", "--context", "cluster-a", ...strategy);
    await clusters.kubectl("cluster-a", "-n", "off", "apply", "--server-side", "-f", join(RECORDINGS, "sample.yaml"));
    await clusters.kubectl("cluster-a", "-n", "off", "rollout", "status", "deployment/web", "--timeout=60s");
    return clusters;
  } catch (error) {
    await clusters[Symbol.asyncDispose]();
    throw error;
  }
}

async function objectsOf(
  clusters: Clusters,
  cluster: string,
  recorded: readonly NormalObject[],
): Promise<readonly KubeObject[]> {
  const kinds = [...new Set([...kindArguments(recorded), ...MORE_KINDS])].join(",");
  const { items } = await clusters.get<{ items: KubeObject[] }>(cluster, kinds, "-A");
  return items;
}

function compare(recorded: readonly NormalObject[], here: readonly KubeObject[], accepted: readonly Accepted[]): void {
  const titles = new Set(recorded.map(({ title }) => title));
  const compared = here
    .map((object) => ({ object, normal: normalObject(object) }))
    .filter(({ object, normal }) => titles.has(normal.title) || isOfLiqo(object))
    .map(({ normal }) => normal);
  // Events come and go: those recorded have to be there, others may.
  const found = differences(recorded, compared).filter(
    ({ object, path, upstream }) => !(object.startsWith("Event ") && path === "" && upstream === undefined),
  );
  const { open, idle } = judge(found, accepted);
  const unused = idle.map(({ object, path, reason }) => `no difference needs ${object} ${path} (${reason})`);
  assert.deepEqual([...open.map(formatDifference), ...unused], []);
}

/** What we write: upstream has to have it, too. */
function isOfLiqo({ apiVersion = "", kind = "", metadata = {} }: KubeObject): boolean {
  const { namespace, name = "" } = metadata;
  if (apiVersion.includes(".liqo.io/")) return true;
  if (namespace === undefined) return kind === "ClusterRoleBinding" && /\bcluster-[ab]$/.test(name);
  return OUR_NAMESPACES.test(namespace) && name !== "kube-root-ca.crt" && name !== "default";
}
