/** Everything that a cluster holds, a line per object, so that two moments can be compared. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "#machinery/meta.ts";
import type { Clusters } from "./clusters.ts";
import { eventually } from "./eventually.ts";

const SETTLED_MS = 3_000;

// Told by the clock or by whoever holds them, not by what was asked for.
const VOLATILE = new Set(["Lease"]);

/** `<cluster> <kind> <namespace>/<name> <hash of all but the volatile>`, sorted; events left out. */
export async function inventory(clusters: Clusters, cluster: string): Promise<string[]> {
  return (await everything(clusters, cluster)).map((object) => lineOf(cluster, object)).sort();
}

/** `<kind> <namespace>/<name>`, as above: for two moments between which the cluster's own objects change. */
export async function names(clusters: Clusters, cluster: string): Promise<string[]> {
  return (await everything(clusters, cluster)).map(nameOf).sort();
}

export async function everything(clusters: Clusters, cluster: string): Promise<KubeObject[]> {
  const listed = await clusters.kubectl(cluster, "api-resources", "--verbs=list", "-o", "name");
  const names = listed.split("\n").filter((name) => name !== "" && !name.startsWith("events"));
  return (await clusters.get<{ items: KubeObject[] }>(cluster, names.join(","), "-A")).items;
}

export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata?.namespace ?? "-"}/${metadata?.name}`;
}

function lineOf(cluster: string, object: KubeObject): string {
  return `${cluster} ${nameOf(object)} ${VOLATILE.has(object.kind ?? "") ? "-" : hashOf(object)}`;
}

function hashOf(object: KubeObject): string {
  const { metadata, ...rest } = object;
  const { labels, annotations, finalizers, ownerReferences } = metadata ?? {};
  const content = Object.entries(rest).filter(([field]) => field !== "status");
  const text = JSON.stringify([content.sort(), labels, annotations, finalizers, ownerReferences]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** The listing once it has stayed as it is for 3 s: after an installation keys, addresses and tables of its nodes follow. */
export function settled(list: () => Promise<string[]>): Promise<string[]> {
  return eventually("a cluster that does not change", async () => {
    const first = await list();
    await delay(SETTLED_MS);
    assert.deepEqual(difference(first, await list()), []);
    return first;
  });
}

/** What is in one listing only, as a diff shows it. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}
