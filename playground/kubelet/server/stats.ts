/** What the containers of this node use, as JSON and as metrics. Kubernetes: staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1, pkg/kubelet/metrics/collectors/resource_metrics.go */

import { Metrics } from "#base/metrics.ts";
import { timestamp } from "#machinery/conditions.ts";
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

export function summary(deps: NodeDeps, workers: Iterable<PodWorker>): object {
  const now = timestamp(deps.clock.epochMs());
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
  const metrics = new Metrics();
  const cpu = metrics.counter("container_cpu_usage_seconds_total", "CPU time that the container has used, in seconds.");
  const memory = metrics.gauge("container_memory_working_set_bytes", "Working set of the container, in bytes.");
  for (const { container, namespace, pod, cpuNanoseconds, memoryBytes } of samples) {
    cpu.with({ container, namespace, pod }).increase(cpuNanoseconds / 1e9);
    memory.with({ container, namespace, pod }).set(memoryBytes);
  }
  if (node !== undefined) {
    metrics
      .counter("node_cpu_usage_seconds_total", "CPU time that the node has used, in seconds.")
      .with({})
      .increase(node.cpuNanoseconds / 1e9);
    metrics.gauge("node_memory_working_set_bytes", "Working set of the node, in bytes.").with({}).set(node.memoryBytes);
  }
  return metrics.render();
}

/** How many pods the node has, as Prometheus text. */
export function podMetrics(count: number): string {
  const metrics = new Metrics();
  metrics.gauge("kubelet_running_pods", "Pods that have a running pod sandbox.").with({}).set(count);
  return metrics.render();
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
