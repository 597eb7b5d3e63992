/** Situations that `liqoctl why` is to explain: how each is made, and what it is to say. */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import type { KubeObject } from "#machinery/meta.ts";

export interface Situation {
  /** Arguments of `liqoctl why`. */
  readonly ask: string;
  readonly state: "ok" | "broken" | "unknown";
  /** The last link. */
  readonly link: string;
  readonly says: RegExp;
  readonly hint?: RegExp;
  /** Of a pod: it says the same itself, in its message or an event. */
  readonly isTold?: true;
  /** Applied at milan, and before them those at rome. */
  readonly home?: readonly KubeObject[];
  readonly there?: readonly KubeObject[];
  /** After the objects. */
  readonly make?: (clusters: Clusters) => Promise<unknown>;
  /** Before each look, where somebody takes it back. */
  readonly again?: (clusters: Clusters) => Promise<unknown>;
  /** What deleting the namespaces would not end. */
  readonly undo?: (clusters: Clusters) => Promise<unknown>;
}

/** Of an object of that name in the namespace. */
export type Named = Omit<Situation, "ask"> & { readonly name: string };

export const named = (name: string, link: string, says: RegExp, rest: Partial<Situation> = {}): Named => ({
  name,
  state: "broken",
  link,
  says,
  ...rest,
});

/** Offloaded, with a twin that all may use. */
export const NAMESPACE = "puzzles";
export const TWIN = "puzzles-milan";

const AWAY = { "liqo.io/type": "virtual-node" };
export const SLEEP = ["sleep", "3600"];
const BEFORE_ALL = { terminationGracePeriodSeconds: 1 };

type Container = PodSpec["containers"][number];

export function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject {
  const { metadata, ...body } = rest as { metadata?: object };
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE, ...metadata }, ...body } as KubeObject;
}

/** One of no namespace, or of another. */
export function elsewhere(namespace: string | undefined, made: KubeObject): KubeObject {
  const { namespace: _namespace, ...metadata } = made.metadata ?? {};
  return { ...made, metadata: { ...metadata, ...(namespace !== undefined && { namespace }) } };
}

export function namespace(name: string, metadata: object = {}): KubeObject {
  return elsewhere(undefined, object("v1", "Namespace", name, { metadata }));
}

export const one = (more: Partial<Container> = {}): PodSpec["containers"] => [
  { name: "main", image: "busybox", command: SLEEP, ...more },
];
export const away = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: one(), nodeSelector: AWAY, ...more });

export function pod(name: string, spec: PodSpec, metadata: object = {}): KubeObject {
  return object("v1", "Pod", name, { metadata, spec: { ...BEFORE_ALL, ...spec } });
}

/** Again, until all are there: webhooks of a cluster that has much to do may not answer. */
export async function applyAll({ tryKubectl }: Clusters, cluster: string, items: readonly KubeObject[]): Promise<void> {
  if (items.length === 0) return;
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await eventually("all objects are there", async () => {
    const { code, stderr } = await tryKubectl(cluster, ["apply", "-f", "-"], { input });
    if (code !== 0) throw new Error(`${cluster}: ${stderr}`);
  });
}
