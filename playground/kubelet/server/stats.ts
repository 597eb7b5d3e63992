/** What the containers of this node use, as JSON and as metrics. Kubernetes: staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1, pkg/kubelet/metrics/collectors/resource_metrics.go */

import { podCgroup } from "../container/start-container.ts";
import type { NodeDeps } from "../pod/deps.ts";
import { isRunning } from "../pod/record.ts";
import type { PodWorker } from "../pod/worker.ts";
import { readUsage, type Usage } from "../runtime/cgroup.ts";

interface Sample extends Usage {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly startTime: string;
}

export function summary(deps: NodeDeps, workers: Iterable<PodWorker>, now: string): object {
  const samples = collect(deps, workers);
  const pods = Map.groupBy(samples, (sample) => sample.uid);
  const node = readUsage(deps.cgroups, deps.cgroupParent);
  return {
    node: { nodeName: deps.node.name, startTime: now, ...(node !== undefined && usageOf(node, now)) },
    pods: [...pods.values()].map((of) => ({
      podRef: { name: of[0]?.pod, namespace: of[0]?.namespace, uid: of[0]?.uid },
      startTime: of[0]?.startTime,
      containers: of.map((sample) => ({
        name: sample.container,
        startTime: sample.startTime,
        ...usageOf(sample, now),
      })),
    })),
  };
}

export function resourceMetrics(deps: NodeDeps, workers: Iterable<PodWorker>): string {
  const samples = collect(deps, workers);
  const node = readUsage(deps.cgroups, deps.cgroupParent);
  const labels = (s: Sample): string => `{container="${s.container}",namespace="${s.namespace}",pod="${s.pod}"}`;
  const lines = [
    "# TYPE container_cpu_usage_seconds_total counter",
    ...samples.map((s) => `container_cpu_usage_seconds_total${labels(s)} ${s.cpuNanoseconds / 1e9}`),
    "# TYPE container_memory_working_set_bytes gauge",
    ...samples.map((s) => `container_memory_working_set_bytes${labels(s)} ${s.memoryBytes}`),
    ...(node === undefined ? [] : nodeLines(node)),
  ];
  return `${lines.join("\n")}\n`;
}

function nodeLines(node: Usage): string[] {
  return [
    "# TYPE node_cpu_usage_seconds_total counter",
    `node_cpu_usage_seconds_total ${node.cpuNanoseconds / 1e9}`,
    "# TYPE node_memory_working_set_bytes gauge",
    `node_memory_working_set_bytes ${node.memoryBytes}`,
  ];
}

function collect(deps: NodeDeps, workers: Iterable<PodWorker>): Sample[] {
  return [...workers].flatMap((worker) => {
    const { name = "", namespace = "", uid = "" } = worker.pod.metadata ?? {};
    return Object.entries(worker.record.containers).flatMap(([container, state]) => {
      if (!isRunning(state) || state.current === undefined) return [];
      const usage = readUsage(deps.cgroups, `${podCgroup(deps.cgroupParent, worker.pod)}/${state.current.id}`);
      return usage === undefined
        ? []
        : [{ namespace, pod: name, uid, container, startTime: state.current.startedAt, ...usage }];
    });
  });
}

function usageOf(usage: Usage, time: string): object {
  return {
    cpu: { time, usageCoreNanoSeconds: usage.cpuNanoseconds },
    memory: { time, usageBytes: usage.memoryBytes, workingSetBytes: usage.memoryBytes },
  };
}
