/**
 * The node agent: runs the pods that are bound to its node, in the node's own network namespace, and reports on them.
 * Pods outlive it: a new agent finds their records on disk and adopts them, with or without an API server.
 * Kubernetes: pkg/kubelet/kubelet.go
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Pod, Service } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import { type Host, thisHost } from "./host.ts";
import type { ImageSource, UsedImage } from "./image.ts";
import { describeMachine } from "./node/machine.ts";
import type { NodeSettings } from "./node/node-object.ts";
import { startRegistration } from "./node/registration.ts";
import type { NodeDeps, PodIsolation } from "./pod/deps.ts";
import { loadRecords, type PodRecord } from "./pod/record.ts";
import { StatusWriter } from "./pod/status-writer.ts";
import { PodWorker } from "./pod/worker.ts";
import { availableCapabilities } from "./runtime/capabilities.ts";
import { type CgroupDriver, detectCgroups, setShares } from "./runtime/cgroup.ts";
import type { ContainerRuntime } from "./runtime/container-runtime.ts";
import { AddressPool } from "./sandbox/address-pool.ts";
import { HostPorts } from "./sandbox/host-ports.ts";
import { type KubeletServer, type ServerTls, startKubeletServer } from "./server/server.ts";
import { ObjectWatch } from "./volume/object-watch.ts";
import { TokenCache } from "./volume/token.ts";

export interface KubeletOptions {
  readonly client: KubeClient;
  readonly images: ImageSource;
  readonly node: Omit<NodeSettings, "kubeletPort"> & {
    /** The bridge that pods are put on. */
    readonly bridge: string;
    /** Default 10250. */
    readonly kubeletPort?: number;
  };
  /** Where this node keeps its pods, logs and addresses; private to it, on a disk that allows bind mounts. */
  readonly directory: string;
  /** Parent of the pods' control groups: `/<lab>/<cluster>/<node>`. */
  readonly cgroupParent: string;
  /** Address of the cluster DNS Service, and the cluster domain. */
  readonly dns: { readonly address: string; readonly domain: string };
  /** All Services: shared with the service proxy and the DNS server of the same process. */
  readonly services: Informer<Service>;
  /** Absent: no NetworkPolicy holds. */
  readonly isolation?: PodIsolation;
  readonly tls: ServerTls;
  /** Default: this one. */
  readonly host?: Host;
}

export interface Kubelet extends AsyncDisposable {
  readonly port: number;
}

/** Resolves when the server listens and the pods on disk are adopted; registering the node waits for the API server by itself. */
export async function startKubelet(ctx: Context, options: KubeletOptions): Promise<Kubelet> {
  const workers = new Map<string, PodWorker>();
  const { host = thisHost } = options;
  const runtime = host.openRuntime(join(options.directory, "runtime"), (id) => {
    for (const worker of workers.values()) if (worker.ownerOf(id) !== undefined) worker.wake();
  });
  const deps = openDeps(ctx, options, host, runtime);
  if (deps.cgroups.version === "none")
    ctx.log.warn("containers run without resource limits", { why: deps.cgroups.why });
  const begin = (pod: Pod, record?: PodRecord): void => {
    const worker = new PodWorker(ctx, deps, pod, record);
    workers.set(worker.uid, worker);
    void worker.finished.then(() => workers.delete(worker.uid));
  };
  for (const record of loadRecords(deps.podsDirectory)) begin(record.pod, record);
  await removeStrays(runtime, workers);
  const informer = new Informer<Pod>(ctx, options.client, pods, {
    fieldSelector: `spec.nodeName=${options.node.name}`,
  });
  followPods(informer, workers, begin);
  const server = await startKubeletServer(ctx, {
    deps,
    workers,
    client: options.client,
    tls: options.tls,
    port: options.node.kubeletPort ?? 10250,
    address: options.node.address,
  });
  const machine = await describeMachine(ctx, host.run, options.node.name);
  const settings = { ...options.node, kubeletPort: server.port };
  void startRegistration(ctx, {
    ...{ client: options.client, clock: host.clock, settings, machine },
    listImages: () => listImages(deps),
  });
  return { port: server.port, [Symbol.asyncDispose]: () => close({ informer, server, runtime, deps }) };
}

function nodeCgroups({ cgroupParent }: KubeletOptions, host: Host): CgroupDriver {
  const driver = detectCgroups(cgroupParent, host.cgroupRoot);
  setShares(driver, cgroupParent, host.cpus);
  return driver;
}

function openDeps(ctx: Context, options: KubeletOptions, host: Host, runtime: ContainerRuntime): NodeDeps {
  const { client, node, directory } = options;
  const { clock, run } = host;
  for (const folder of ["pods", "logs"]) mkdirSync(join(directory, folder), { recursive: true });
  return {
    clock,
    run,
    client,
    recorder: new EventRecorder(client, { component: "kubelet", host: node.name }),
    runtime,
    images: options.images,
    hostPorts: new HostPorts(run),
    isolation: options.isolation,
    pool: new AddressPool(join(directory, "addresses"), node.podCidr),
    volumes: {
      clock,
      run,
      client,
      objects: new ObjectWatch(ctx, client),
      tokens: new TokenCache(client, clock),
      nodeResources: node.capacity,
    },
    statuses: new StatusWriter(ctx, client, clock),
    cgroups: nodeCgroups(options, host),
    cgroupParent: options.cgroupParent,
    capabilities: availableCapabilities(),
    podsDirectory: join(directory, "pods"),
    logsDirectory: join(directory, "logs"),
    node: {
      name: node.name,
      address: node.address,
      bridge: node.bridge,
      podCidr: node.podCidr,
      resources: node.capacity,
    },
    dns: options.dns,
    listServices: (namespace) => (options.services.isSynced ? serviceLinks(options.services, namespace) : undefined),
    usedImages: new Set(),
  };
}

/** The watch decides what should run; what it does not know although it has listed everything is gone. */
function followPods(informer: Informer<Pod>, workers: Map<string, PodWorker>, begin: (pod: Pod) => void): void {
  const put = (pod: Pod): void => {
    const uid = pod.metadata?.uid ?? "";
    const worker = workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    for (const other of workers.values()) if (isNamesake(other.pod, pod)) other.remove();
    begin(pod);
  };
  informer.addHandler({
    added: put,
    updated: put,
    deleted: (pod) => workers.get(pod.metadata?.uid ?? "")?.remove(),
  });
  void informer.synced.then(() => {
    const present = new Set(informer.store.list().map((pod) => pod.metadata?.uid));
    for (const [uid, worker] of workers) if (!present.has(uid)) worker.remove();
  });
}

function isNamesake(a: Pod, b: Pod): boolean {
  return a.metadata?.name === b.metadata?.name && a.metadata?.namespace === b.metadata?.namespace;
}

/** Containers that no record knows: the agent ended between creating and recording them. */
async function removeStrays(runtime: ContainerRuntime, workers: ReadonlyMap<string, PodWorker>): Promise<void> {
  const known = [...workers.values()];
  const strays = runtime.list().filter((id) => !known.some((worker) => worker.ownerOf(id) !== undefined));
  await Promise.all(strays.map((id) => runtime.remove(id)));
}

function serviceLinks(services: Informer<Service>, namespace: string): Service[] {
  const master = services.store.get({ namespace: "default", name: "kubernetes" });
  const own = services.store.list(namespace).filter((service) => service !== master);
  return master === undefined ? own : [master, ...own];
}

/** Those of the catalogue that a pod of this node has used, and all that were pulled. */
function listImages(deps: NodeDeps): UsedImage[] {
  const used = [...deps.usedImages].flatMap((name) => {
    const found = deps.images.lookup(name);
    if (!found.found || found.image.makeRoot !== undefined) return [];
    return [{ names: [found.image.id, name], sizeBytes: found.image.sizeBytes }];
  });
  return [...used, ...deps.images.present()];
}

/** Ends the agent, not its pods. */
async function close(open: {
  informer: Informer<Pod>;
  server: KubeletServer;
  runtime: ContainerRuntime;
  deps: NodeDeps;
}): Promise<void> {
  await open.server[Symbol.asyncDispose]();
  await open.informer[Symbol.asyncDispose]();
  await open.deps.volumes.objects[Symbol.asyncDispose]();
  open.runtime[Symbol.dispose]();
}
