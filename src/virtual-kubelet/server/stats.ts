/** What the offloaded pods use, as the provider measures it. Upstream: pkg/virtualKubelet/reflection/workload/pod.go (Stats), cmd/virtual-kubelet/root/metrics.go */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Context } from "#base/context.ts";
import { METRICS_MEDIA_TYPE, Metrics } from "#base/metrics.ts";
import { Refused } from "#kube/kubelet-server/refused.ts";
import { timestamp } from "#machinery/conditions.ts";
import { milliOf } from "#machinery/quantity.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { CpuSeconds } from "./cpu-seconds.ts";
import type { ServerOptions } from "./server.ts";

interface PodMetrics {
  readonly metadata: { readonly name: string };
  readonly containers?: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
}

interface Sample {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly containers: readonly { readonly name: string; readonly nanoCores: number; readonly bytes: number }[];
}

export async function summary(ctx: Context, options: ServerOptions): Promise<object> {
  const time = timestamp(options.clock.epochMs());
  const samples = await collect(ctx, options);
  const usage = (list: readonly { nanoCores: number; bytes: number }[]): object => ({
    cpu: { time, usageNanoCores: list.reduce((sum, { nanoCores }) => sum + nanoCores, 0) },
    memory: { time, workingSetBytes: list.reduce((sum, { bytes }) => sum + bytes, 0) },
  });
  return {
    node: {
      nodeName: options.settings.nodeName,
      startTime: time,
      ...usage(samples.flatMap(({ containers }) => containers)),
    },
    pods: samples.map(({ namespace, pod, uid, containers }) => ({
      podRef: { name: pod, namespace, uid },
      startTime: time,
      containers: containers.map((container) => ({ name: container.name, startTime: time, ...usage([container]) })),
      ...usage(containers),
    })),
  };
}

/** What metrics-server asks kubelets for. Kubernetes: pkg/kubelet/metrics/collectors/resource_metrics.go */
export async function resourceMetrics(ctx: Context, options: ServerOptions, total: CpuSeconds): Promise<string> {
  const measured = (await collect(ctx, options)).flatMap(({ namespace, pod, uid, containers }) =>
    containers.map(({ name, nanoCores, bytes }) => ({
      key: `${uid}/${name}`,
      labels: { container: name, namespace, pod },
      cores: nanoCores / 1e9,
      bytes,
    })),
  );
  const seconds = total.advance(new Map(measured.map(({ key, cores }) => [key, cores])), options.clock.nowMs());
  const node = total.node();
  const metrics = new Metrics();
  const cpu = metrics.counter("container_cpu_usage_seconds_total", "CPU time that the container has used, in seconds.");
  const memory = metrics.gauge("container_memory_working_set_bytes", "Working set of the container, in bytes.");
  for (const { key, labels, bytes } of measured) {
    cpu.with(labels).increase(seconds.get(key) ?? 0);
    memory.with(labels).set(bytes);
  }
  metrics
    .counter("node_cpu_usage_seconds_total", "CPU time that the pods of the node have used, in seconds.")
    .with({})
    .increase(node);
  metrics
    .gauge("node_memory_working_set_bytes", "Working set of the pods of the node, in bytes.")
    .with({})
    .set(measured.reduce((sum, { bytes }) => sum + bytes, 0));
  return metrics.render();
}

/** Provider's kubelet metrics of this cluster's pods, from Liqo's metric agent there. */
export async function forwardMetrics(
  ctx: Context,
  { provider, settings }: ServerOptions,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const client = provider();
  if (client === undefined) throw new Refused(503, "the provider is not connected yet");
  const body = await client.stream(
    ctx,
    `/apis/metrics.liqo.io/v1beta1/scrape/${encodeURIComponent(settings.homeClusterId)}${path}`,
  );
  response.writeHead(200, { "Content-Type": METRICS_MEDIA_TYPE });
  await pipeline(body, response).catch(() => response.destroy());
}

/** A pod that the provider has not measured yet is left out; upstream fails as a whole. */
async function collect(ctx: Context, options: ServerOptions): Promise<Sample[]> {
  const pods = options.localPods.store.list();
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const lists = await Promise.all(
    namespaces.map(async (namespace) => [namespace, await metricsOf(ctx, options, namespace)] as const),
  );
  const measured = new Map(lists);
  return pods.flatMap(({ metadata }) => {
    const { namespace = "", name = "", uid = "" } = metadata ?? {};
    const found = measured.get(namespace)?.find((item) => item.metadata.name === name);
    if (found === undefined) return [];
    const containers = (found.containers ?? []).map(({ name: container, usage }) => ({
      name: container,
      // A thousandth of a core is a million of its billionths.
      nanoCores: nanoCores(usage["cpu"]),
      bytes: Number(milliOf(usage["memory"]) / 1000n),
    }));
    return [{ namespace, pod: name, uid, containers }];
  });
}

/** metrics-server writes `1234567n`. */
function nanoCores(quantity: string | undefined): number {
  const nano = /^(\d+)n$/.exec(quantity ?? "")?.[1];
  return nano === undefined ? Number(milliOf(quantity)) * 1e6 : Number(nano);
}

async function metricsOf(ctx: Context, options: ServerOptions, namespace: string): Promise<readonly PodMetrics[]> {
  const remote = options.remoteNamespace(namespace);
  const client = options.provider();
  if (remote === undefined || client === undefined) return [];
  try {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${remote}/pods`;
    return (await client.raw<{ items?: PodMetrics[] }>(ctx, "GET", path)).items ?? [];
  } catch (error) {
    // The provider has no metrics server.
    if (isNotFound(error)) return [];
    throw error;
  }
}
