/** Where a playground keeps its things: one home folder holds all state of all its clusters. */
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface Paths {
  readonly home: string;
  /** What should exist, written by the CLI. */
  readonly spec: string;
  readonly kubeconfig: string;
  readonly supervisorLog: string;
  /** Pid files of all processes. */
  readonly run: string;
  readonly clusters: string;
  /** Images that were pulled or loaded, for all clusters; how to get them. */
  readonly imageStore: string;
}

export interface ClusterPaths {
  readonly root: string;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  /** Of the API server, where one is kept. */
  readonly auditLog: string;
  readonly volumes: string;
  readonly config: string;
  /** Images that the user adds, shared by all clusters. */
  readonly images: string;
  readonly imageStore: string;
  node(name: string): string;
}

export function playgroundPaths(home: string): Paths {
  return {
    home,
    spec: join(home, "playground.json"),
    kubeconfig: join(home, "kubeconfig"),
    supervisorLog: join(home, "supervisor.log"),
    run: join(home, "run"),
    clusters: join(home, "clusters"),
    imageStore: join(home, "image-store"),
  };
}

export function clusterPaths(paths: Paths, cluster: string): ClusterPaths {
  const root = join(paths.clusters, cluster);
  return {
    root,
    pki: join(root, "pki"),
    store: join(root, "store.db"),
    logs: join(root, "logs"),
    auditLog: join(root, "audit.log"),
    volumes: join(root, "volumes"),
    config: join(root, "config"),
    images: join(paths.home, "images.yaml"),
    imageStore: paths.imageStore,
    node: (name) => join(root, "nodes", name),
  };
}

/** A name for the lab's kernel objects: two homes never share one. */
export function labNameOf(home: string): string {
  return `pg${createHash("sha256").update(home).digest("hex").slice(0, 6)}`;
}
