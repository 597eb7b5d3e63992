/** Puts a cluster back as it was, so that another suite can use it: what came since goes. */
import assert from "node:assert/strict";
import type { KubeObject } from "#machinery/meta.ts";
import type { Clusters } from "./clusters.ts";
import { eventually } from "./eventually.ts";
import { everything, nameOf } from "./inventory.ts";

const RESTORED_MS = 120_000;
// Told of pods and nodes, and nobody's to delete.
const READ_ONLY = /^metrics\.k8s\.io\//;

/** What counts: namespaces, and what lies in none or in `default`; the rest goes with its namespace. */
async function listed(clusters: Clusters, cluster: string): Promise<Map<string, KubeObject>> {
  const objects = (await everything(clusters, cluster)).filter(
    ({ apiVersion, metadata }) => !READ_ONLY.test(apiVersion ?? "") && (metadata?.namespace ?? "default") === "default",
  );
  return new Map(objects.map((object) => [nameOf(object), object]));
}

export async function snapshot(clusters: Clusters, cluster: string): Promise<ReadonlySet<string>> {
  return new Set((await listed(clusters, cluster)).keys());
}

/** Resolves once nothing is there that `before` does not name; rejects with the names of what stays. */
export async function restore(clusters: Clusters, cluster: string, before: ReadonlySet<string>): Promise<void> {
  await clusters.kubectl(cluster, "delete", "events", "--all", "-n", "default", "--wait=false");
  await eventually(
    `${cluster} as it was`,
    async () => {
      const came = [...(await listed(clusters, cluster))].filter(([name]) => !before.has(name));
      const left = came.map(([, object]) => object).filter(isToDelete);
      if (left.length > 0) await remove(clusters, cluster, left);
      assert.deepEqual(
        came.map(([name]) => name),
        [],
      );
    },
    RESTORED_MS,
  );
}

/** What has an owner goes with it, but pods would take their time. */
function isToDelete({ kind, metadata = {} }: KubeObject): boolean {
  if (kind === "Pod") return metadata.deletionTimestamp === undefined || (metadata.deletionGracePeriodSeconds ?? 0) > 1;
  return metadata.ownerReferences === undefined && metadata.deletionTimestamp === undefined;
}

async function remove(clusters: Clusters, cluster: string, objects: readonly KubeObject[]): Promise<void> {
  const items = objects.map(({ apiVersion, kind, metadata }) => {
    return { apiVersion, kind, metadata: { name: metadata?.name, namespace: metadata?.namespace } };
  });
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await clusters.tryKubectl(cluster, ["delete", "-f", "-", "--ignore-not-found", "--now", "--wait=false"], { input });
}
