/**
 * Genuine Kubernetes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and per node containerd, kubelet and
 * kube-proxy, in network namespaces of their own. Processes belong to the test's process; disposing removes every trace.
 */
import { appendFileSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { createLogger } from "#base/log.ts";
import { createClusterNetwork } from "#playground/lab/cluster.ts";
import { createLab, type Lab } from "#playground/lab/lab.ts";
import { createNodeNetwork, type NodeNetwork } from "#playground/lab/node.ts";
import { API_PORT } from "#playground/supervisor/cluster-plan.ts";
import { Credentials } from "#playground/supervisor/credentials.ts";
import { type ClusterAccess, mergeKubeconfig } from "#playground/supervisor/kubeconfig.ts";
import { clusterPaths, labNameOf, type Paths, playgroundPaths } from "#playground/supervisor/paths.ts";
import { findRecord, Processes, type ProcessSpec } from "#playground/supervisor/processes.ts";
import { writeAtomically } from "#playground/supervisor/spec.ts";
import { readAuditLog } from "../audit-log.ts";
import type { ClusterRequest, Component, Engine, TestCluster } from "../engine.ts";
import { setLinkFaults } from "../link-faults.ts";
import { setPath } from "../narrow-path.ts";
import { setApiServerCut, setNodeCut } from "../node-cut.ts";
import { setPortMaps } from "../port-maps.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import type { ClusterBuild } from "./cluster.ts";
import { controlPlane } from "./control-plane.ts";
import { importArchive } from "./images/archive.ts";
import { PINNED_ARCHIVE } from "./images/build.ts";
import { ensureImages } from "./images/ensure.ts";
import { nodeProcesses } from "./node.ts";
import { containerdSocket } from "./node-config.ts";
import { waitReady } from "./ready.ts";
import { claimHome, removeAbandoned, removeHome, stopNodes, TASKS } from "./remove.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const HOME_PREFIX = "liqo-k8s-";
/** Of tools/kubernetes/go.mod. */
const VERSION = "v1.34";
const POD_CIDR = "10.244.0.0/16";
const SERVICE_CIDR = "10.96.0.0/16";
const READY_MS = 120_000;

export function kubernetesEngine(): Engine {
  const binaries = findBinaries(PROJECT, process.env);
  const home = mkdtempSync(join(tmpdir(), HOME_PREFIX));
  claimHome(home);
  const genuine = new GenuineClusters(playgroundPaths(home), binaries);
  const { kubeconfig } = genuine.paths;
  const nodeNamespace = (cluster: string, node: string) => `${labNameOf(home)}-${cluster}-${node}`;
  return {
    name: "kubernetes",
    kubeconfig,
    env: { KUBECONFIG: kubeconfig },
    create: (requests) => genuine.create(requests),
    machine: {
      version: VERSION,
      kill: async (cluster, component, signal = "SIGKILL") => {
        for (const pid of genuine.pidsOf(cluster, component)) process.kill(pid, signal);
      },
      setLinkFaults: (faults) => setLinkFaults(home, faults),
      setPath: (cluster, path) => setPath(home, cluster, path),
      setPortMaps: (maps) => setPortMaps(home, maps),
      stop: (cluster) => genuine.stop(cluster),
      start: (cluster) => genuine.start(cluster),
      auditEvents: (cluster) => readAuditLog(clusterPaths(genuine.paths, cluster).auditLog),
      nodeNamespace,
      setNodeCut: (cluster, node, isCut) => setNodeCut(nodeNamespace(cluster, node), isCut),
      setApiServerCut: async (cluster, container, isCut) => {
        for (const pid of genuine.pidsOf(cluster, container)) await setApiServerCut(pid, isCut);
      },
    },
    [Symbol.asyncDispose]: () => genuine[Symbol.asyncDispose](),
  };
}

interface Genuine {
  readonly access: ClusterAccess;
  readonly nodes: readonly NodeNetwork[];
  readonly processes: readonly ProcessSpec[];
}

class GenuineClusters implements AsyncDisposable {
  readonly paths: Paths;
  readonly #binaries: Binaries;
  readonly #abort = new AbortController();
  readonly #ctx: Context;
  readonly #processes: Processes;
  readonly #clusters = new Map<string, Genuine>();
  readonly #stopped = new Set<string>();

  constructor(paths: Paths, binaries: Binaries) {
    this.paths = paths;
    this.#binaries = binaries;
    const write = (line: string): void => appendFileSync(paths.supervisorLog, line);
    this.#ctx = { signal: this.#abort.signal, log: createLogger({ write }) };
    this.#processes = new Processes(this.#ctx, paths.run);
  }

  async create(requests: readonly ClusterRequest[]): Promise<TestCluster[]> {
    await removeAbandoned(this.#ctx, tmpdir(), HOME_PREFIX);
    await ensureImages(PROJECT);
    const lab = await createLab(this.#ctx, { name: labNameOf(this.paths.home), directory: this.paths.home });
    for (const request of requests) this.#clusters.set(request.name, await this.#layOut(lab, request));
    const kubeconfig = mergeKubeconfig([...this.#clusters.values()].map(({ access }) => access));
    writeAtomically(this.paths.kubeconfig, JSON.stringify(kubeconfig), 0o600);
    await this.#follow();
    await Promise.all(requests.map(({ name }) => this.#waitReady(name)));
    await Promise.all(requests.map(({ name }) => this.#importImages(name)));
    return requests.map(({ name, podCidr = POD_CIDR, serviceCidr = SERVICE_CIDR }) => ({
      name,
      podCidr,
      serviceCidr,
      workers: this.#find(name).nodes.map((node) => node.name),
    }));
  }

  async stop(name: string): Promise<void> {
    const { nodes } = this.#find(name);
    this.#stopped.add(name);
    await this.#follow();
    await stopNodes(
      this.#ctx,
      this.paths,
      name,
      nodes.map((node) => node.name),
    );
  }

  async start(name: string): Promise<void> {
    this.#stopped.delete(name);
    await this.#follow();
    await this.#waitReady(name);
  }

  pidsOf(cluster: string, component: Component): number[] {
    if (typeof component === "object" && "containerId" in component) {
      const id = component.containerId.split("//").at(-1) ?? "";
      const folder = clusterPaths(this.paths, cluster).node(component.node);
      return [Number(readFileSync(join(folder, TASKS, id, "init.pid"), "utf8"))];
    }
    const controllers = ["controller-manager", "scheduler"];
    const names =
      typeof component === "object" ? [component.node] : component === "controllers" ? controllers : [component];
    return names.map((name) => {
      const record = findRecord(this.paths.run, `${cluster}.${name}`);
      if (record === undefined) throw new Error(`kill ${cluster}.${name}: no such process is recorded`);
      return record.pid;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.stopAll();
    await removeHome(this.#ctx, this.paths);
    this.#abort.abort();
  }

  async #layOut(lab: Lab, request: ClusterRequest): Promise<Genuine> {
    const { name, workers = 2, loadBalancer = true, auditLog = false } = request;
    const { podCidr = POD_CIDR, serviceCidr = SERVICE_CIDR } = request;
    const network = await createClusterNetwork(this.#ctx, lab, { name, podCidr });
    const paths = clusterPaths(this.paths, name);
    const credentials = new Credentials(paths.pki);
    const ca = await credentials.ca();
    const server = `https://${network.gateway}:${API_PORT}`;
    const common = { network, paths, credentials, ca, server, binaries: this.#binaries, project: PROJECT };
    const build: ClusterBuild = { name, serviceCidr, loadBalancer, auditLog, ...common };
    const subject = { commonName: "kubernetes-admin", organizations: ["system:masters"] };
    const admin = await credentials.client("admin", subject);
    const processes = await controlPlane(build);
    const nodes: NodeNetwork[] = [];
    for (let i = 1; i <= workers; i++) {
      const node = await createNodeNetwork(this.#ctx, network, `worker-node-${i}`);
      nodes.push(node);
      processes.push(...(await nodeProcesses(build, node)));
    }
    return { access: { name, server, ca: ca.certificate, admin }, nodes, processes };
  }

  #follow(): Promise<void> {
    const running = [...this.#clusters].filter(([name]) => !this.#stopped.has(name));
    return this.#processes.ensure(running.flatMap(([, { processes }]) => processes));
  }

  async #waitReady(name: string): Promise<void> {
    const { access, nodes } = this.#find(name);
    await waitReady(this.#ctx, { access, nodes, timeoutMs: READY_MS, logs: clusterPaths(this.paths, name).logs });
  }

  async #importImages(name: string): Promise<void> {
    const paths = clusterPaths(this.paths, name);
    const sockets = this.#find(name).nodes.map((node) => containerdSocket(paths.node(node.name)));
    await Promise.all(sockets.map((socket) => importArchive(socket, join(PROJECT, ".build/images", PINNED_ARCHIVE))));
  }

  #find(name: string): Genuine {
    const found = this.#clusters.get(name);
    if (found === undefined) throw new Error(`engine kubernetes: there is no cluster ${name}`);
    return found;
  }
}
