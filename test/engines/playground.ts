/** The embedded engine, driven through `liqoctl playground` as a user would. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "#base/run.ts";
import { clusterPaths, labNameOf, playgroundPaths } from "#playground/supervisor/paths.ts";
import { findRecord } from "#playground/supervisor/processes.ts";
import { readAuditLog } from "./audit-log.ts";
import type { ClusterRequest, Component, Engine, TestCluster } from "./engine.ts";
import { setLinkFaults } from "./link-faults.ts";
import { setPath } from "./narrow-path.ts";
import { setApiServerCut, setNodeCut } from "./node-cut.ts";
import { setPortMaps } from "./port-maps.ts";

const LIQOCTL = join(import.meta.dirname, "../../bin/liqoctl");
const POD_CIDR = "10.244.0.0/16";
const SERVICE_CIDR = "10.96.0.0/16";
const TIMEOUT_MS = 120_000;

export function playgroundEngine(): Engine {
  const home = mkdtempSync(join(tmpdir(), "liqo-e2e-"));
  const kubeconfig = join(home, "kubeconfig");
  const env = { LIQO_PLAYGROUND_HOME: home, KUBECONFIG: kubeconfig };
  const playground = (...args: string[]) => run(LIQOCTL, ["playground", ...args], { env, timeoutMs: TIMEOUT_MS });
  const nodeNamespace = (cluster: string, node: string) => `${labNameOf(home)}-${cluster}-${node}`;
  return {
    name: "playground",
    kubeconfig,
    env,
    create: async (requests) => {
      for (const group of alike(requests)) await playground("create", ...group.names, ...group.flags);
      return requests.map(testCluster);
    },
    machine: {
      version: "v1.35",
      kill: async (cluster, component, signal = "SIGKILL") => {
        process.kill(pidOf(home, cluster, component), signal);
      },
      replace: async (request) => {
        await playground("delete", request.name);
        await playground("create", request.name, ...flagsOf(request)).catch((cause: unknown) => {
          throw new Error(`create ${request.name} again\n${tail(join(home, "supervisor.log"))}`, { cause });
        });
      },
      setLinkFaults: (faults) => setLinkFaults(home, faults),
      setPath: (cluster, path) => setPath(home, cluster, path),
      setPortMaps: (maps) => setPortMaps(home, maps),
      stop: async (cluster) => void (await playground("stop", cluster)),
      start: async (cluster) => void (await playground("start", cluster)),
      auditEvents: (cluster) => readAuditLog(clusterPaths(playgroundPaths(home), cluster).auditLog),
      nodeNamespace,
      setNodeCut: (cluster, node, isCut) => setNodeCut(nodeNamespace(cluster, node), isCut),
      setApiServerCut: (cluster, container, isCut) => setApiServerCut(pidOf(home, cluster, container), isCut),
    },
    [Symbol.asyncDispose]: async () => {
      await playground("delete");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The last lines of a log: it is gone when somebody asks why. */
function tail(path: string): string {
  return readFileSync(path, "utf8").split("\n").slice(-30).join("\n");
}

/** Requests with the same flags are created side by side. */
function alike(requests: readonly ClusterRequest[]): { flags: string[]; names: string[] }[] {
  const groups = Map.groupBy(requests, (request) => flagsOf(request).join(" "));
  return [...groups].map(([flags, members]) => ({
    flags: flags.split(" "),
    names: members.map(({ name }) => name),
  }));
}

function flagsOf(request: ClusterRequest): string[] {
  const { workers = 2, loadBalancer = true, auditLog = false } = request;
  const { podCidr = POD_CIDR, serviceCidr = SERVICE_CIDR } = request;
  return [
    `--workers=${workers}`,
    `--pod-cidr=${podCidr}`,
    `--service-cidr=${serviceCidr}`,
    ...(loadBalancer ? [] : ["--no-load-balancer"]),
    ...(auditLog ? ["--audit-log"] : []),
  ];
}

function testCluster(request: ClusterRequest): TestCluster {
  const { name, workers = 2, podCidr = POD_CIDR, serviceCidr = SERVICE_CIDR } = request;
  const nodes = Array.from({ length: workers }, (_, index) => `worker-node-${index + 1}`);
  return { name, podCidr, serviceCidr, workers: nodes };
}

function pidOf(home: string, cluster: string, component: Component): number {
  if (typeof component === "object" && "containerId" in component) {
    const id = component.containerId.split("//").at(-1) ?? "";
    const folder = clusterPaths(playgroundPaths(home), cluster).node(component.node);
    return Number(readFileSync(join(folder, "runtime/containers", id, "pidfile"), "utf8"));
  }
  const name = `${cluster}.${typeof component === "string" ? component : component.node}`;
  const record = findRecord(join(home, "run"), name);
  if (record === undefined) throw new Error(`kill ${name}: no such process is recorded`);
  return record.pid;
}
