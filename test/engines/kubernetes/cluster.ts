/** What all parts of one genuine cluster share while it is laid out: network, credentials, folders and programs. */
import { join } from "node:path";
import type { Identity } from "#pki/certificate.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";
import type { ClusterNetwork } from "#playground/lab/cluster.ts";
import type { Credentials } from "#playground/supervisor/credentials.ts";
import type { ClusterPaths } from "#playground/supervisor/paths.ts";
import type { ProcessSpec } from "#playground/supervisor/processes.ts";
import { writeAtomically } from "#playground/supervisor/spec.ts";
import type { Binaries } from "./binaries.ts";

/** Where the cluster's nodes find every image. */
export const REGISTRY_PORT = 5000;

export interface ClusterBuild {
  readonly name: string;
  readonly serviceCidr: string;
  readonly loadBalancer: boolean;
  readonly auditLog: boolean;
  readonly network: ClusterNetwork;
  readonly credentials: Credentials;
  readonly ca: Identity;
  readonly paths: ClusterPaths;
  readonly binaries: Binaries;
  readonly project: string;
  /** `https://…` */
  readonly server: string;
}

/** Writes a kubeconfig for the identity and returns its path. */
export async function kubeconfigFor(build: ClusterBuild, user: string, organizations: string[]): Promise<string> {
  const credentials = await build.credentials.client(user.replaceAll(":", "-"), { commonName: user, organizations });
  const path = join(build.paths.config, `${user.replaceAll(":", "-")}.kubeconfig`);
  const { name: cluster, server, ca } = build;
  const config = forgeKubeconfig({ cluster, server, ca: ca.certificate, user, credentials });
  writeAtomically(path, JSON.stringify(config), 0o600);
  return path;
}

/** A process of the cluster inside a network namespace. nsenter, not `ip netns exec`: the latter hides the cgroup mounts. */
export function processIn(
  { name: cluster, paths }: ClusterBuild,
  netns: string,
  name: string,
  command: readonly string[],
): ProcessSpec {
  return {
    name: `${cluster}.${name}`,
    command: ["nsenter", `--net=/run/netns/${netns}`, ...command],
    logFile: join(paths.logs, `${name}.log`),
  };
}

/** A TypeScript program of the harness, run from its source. */
export function harnessProgram(name: string, config: string): string[] {
  return [process.execPath, join(import.meta.dirname, "programs", `${name}.ts`), config];
}
