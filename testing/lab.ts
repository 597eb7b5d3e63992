/**
 * Clusters for tests of software that spans several of them: `liqo-ts/testing`.
 * Each lab is a playground of its own, so that labs of different processes never meet. It needs what the playground needs:
 * Linux and root.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { DEFAULT_CLUSTER } from "#playground/supervisor/spec.ts";
import { openClient } from "./client.ts";
import { findProject } from "./project.ts";
import { Shell } from "./shell.ts";

export interface LabOptions<Name extends string = string> {
  /** Names of the clusters, at least one. They get the same pod and Service CIDRs. */
  readonly clusters: readonly Name[];
  /**
   * Pairs of consumer and provider. `true`: the first cluster consumes all others. Liqo is installed when there is a peering.
   * Default: none.
   */
  readonly peered?: boolean | readonly (readonly [consumer: Name, provider: Name])[];
  /** Installs Liqo even without a peering. Default: false. */
  readonly liqo?: boolean;
  /** Worker nodes of each cluster. Default: 1. */
  readonly workers?: number;
  /** Contents of an `images.yaml`: images that the clusters know beside the built-in ones. */
  readonly images?: string;
  /** Receives what liqoctl prints while it works. Default: nobody. */
  readonly log?: (line: string) => void;
  /** How long each step may take, in ms. Default: 120 s. */
  readonly timeoutMs?: number;
}

export interface Lab<Name extends string = string> extends AsyncDisposable {
  readonly clusters: Readonly<Record<Name, LabCluster>>;
  /** Path of a kubeconfig with a context for each cluster, called as the cluster. */
  readonly kubeconfigPath: string;
  /** Runs liqoctl in this lab and resolves with what it prints to standard output; rejects with all of it on failure. */
  liqoctl(...args: readonly string[]): Promise<string>;
  /** Removes all of it. `await using` calls it. */
  close(): Promise<void>;
}

export interface LabCluster {
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  /** A kubeconfig, as text, whose current context is this cluster: for `KubeConfig.loadFromString` of other clients. */
  readonly kubeconfig: string;
  readonly kubeconfigPath: string;
  readonly client: LabClient;
  /** Runs kubectl, which must be installed, on this cluster and resolves with what it prints; rejects on failure. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
}

/** Any Kubernetes object. */
export interface LabObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What names an object: one that was read will do. */
export type LabReference = Pick<LabObject, "apiVersion" | "kind"> & {
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

export interface LabListOptions {
  readonly apiVersion: string;
  readonly kind: string;
  /** Default: all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** The administrator's client of one cluster. What the API server refuses is thrown with its message. */
export interface LabClient {
  /** Server-side apply, as `kubectl apply --server-side --force-conflicts`; resolves with the object as it is now. */
  apply<T extends LabObject = LabObject>(object: LabObject): Promise<T>;
  /** Undefined when there is none. */
  get<T extends LabObject = LabObject>(object: LabReference): Promise<T | undefined>;
  list<T extends LabObject = LabObject>(options: LabListOptions): Promise<T[]>;
  /** Absence is fine. Resolves when the deletion was accepted. */
  delete(object: LabReference): Promise<void>;
  /**
   * Resolves with the object as soon as it is as wanted; `undefined` is passed while there is none. It watches, and never
   * polls. Rejects after `timeoutMs`, by default 60 s, with the object as it was seen last.
   */
  waitFor<T extends LabObject = LabObject>(
    object: LabReference,
    isWanted: (object: T | undefined) => boolean,
    timeoutMs?: number,
  ): Promise<T | undefined>;
}

const STEP_TIMEOUT_MS = 120_000;
// What `liqoctl playground create` gives to every cluster.
const CIDRS = ["--pod-cidr", DEFAULT_CLUSTER.podCidr, "--service-cidr", DEFAULT_CLUSTER.serviceCidr];

/** Resolves when all clusters are ready and all peerings stand; whatever fails before leaves nothing behind. */
export async function createLab<const Name extends string>(options: LabOptions<Name>): Promise<Lab<Name>> {
  const { clusters, workers = 1, images } = options;
  const pairs = pairsOf(options);
  const home = mkdtempSync(join(tmpdir(), "liqo-lab-"));
  if (images !== undefined) writeFileSync(join(home, "images.yaml"), images);
  const kubeconfigPath = join(home, "kubeconfig");
  const project = findProject(import.meta.dirname);
  const env = { LIQO_PLAYGROUND_HOME: home, KUBECONFIG: kubeconfigPath };
  const shell = new Shell({ env, timeoutMs: options.timeoutMs ?? STEP_TIMEOUT_MS, log: options.log });
  const liqoctl = (...args: readonly string[]): Promise<string> => shell.run(join(project, "bin/liqoctl"), args);
  // A test process that ends without having closed its lab would leave clusters running.
  const atExit = (): void => {
    execFileSync(join(project, "bin/liqoctl"), ["playground", "delete"], {
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    rmSync(home, { recursive: true, force: true });
  };
  process.once("exit", atExit);
  const close = async (): Promise<void> => {
    process.removeListener("exit", atExit);
    await liqoctl("playground", "delete");
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await liqoctl("playground", "create", ...clusters, `--workers=${workers}`);
    if (options.liqo === true || pairs.length > 0)
      await Promise.all(clusters.map((name) => liqoctl("install", "--context", name, "--cluster-id", name, ...CIDRS)));
    for (const [consumer, provider] of pairs)
      await liqoctl("peer", "--context", consumer, "--remote-context", provider);
    const opened = clusters.map((name) => [name, openCluster(home, kubeconfigPath, name, shell)] as const);
    const closeAll = async (): Promise<void> => {
      for (const [, { client }] of opened) client[Symbol.dispose]();
      await close();
    };
    return {
      clusters: Object.fromEntries(opened) as unknown as Record<Name, LabCluster>,
      kubeconfigPath,
      liqoctl,
      close: closeAll,
      [Symbol.asyncDispose]: closeAll,
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

function pairsOf<Name extends string>({ clusters, peered = false }: LabOptions<Name>): (readonly [Name, Name])[] {
  const [first, ...others] = clusters;
  if (first === undefined) throw new TypeError("createLab: clusters must name at least one cluster");
  if (peered === false) return [];
  if (peered === true) return others.map((other) => [first, other]);
  const unknown = peered.flat().find((name) => !clusters.includes(name));
  if (unknown !== undefined) throw new TypeError(`createLab: peered names "${unknown}", which is none of the clusters`);
  return [...peered];
}

function openCluster(home: string, shared: string, name: string, shell: Shell) {
  const kubeconfig = stringify({ ...parse(readFileSync(shared, "utf8")), "current-context": name });
  const kubeconfigPath = join(home, `kubeconfig-${name}`);
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const client = openClient(kubeconfigPath);
  return {
    name,
    server: client.server,
    kubeconfig,
    kubeconfigPath,
    client,
    kubectl: (args: readonly string[], input?: string) =>
      shell.run("kubectl", ["--kubeconfig", kubeconfigPath, ...args], input),
  };
}
