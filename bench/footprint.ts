/** What does everything take at rest: memory by component, and processor time without load? */
import { setTimeout as delay } from "node:timers/promises";
import { type OwnProcess, processesOf, processorSeconds, proportionalMib } from "#kit/processes.ts";
import type { Figure } from "./figures.ts";

const CPU_WINDOW_MS = 20_000;
/** Of either engine. */
const CONTROL_PLANE = new Set([
  "playground-apiserver",
  "playground-controllers",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
]);

/** Proportional memory of everything that the clusters in `home` run. */
export function memoryFigures(home: string): Figure[] {
  const groups = Map.groupBy(processesOf(home), nameOf);
  const rows = [...groups]
    .map(([name, members]) => ({ name: `${name} (${members.length})`, value: sum(members, proportionalMib) }))
    .sort((a, b) => b.value - a.value);
  const total = rows.reduce((mib, { value }) => mib + value, 0);
  return [
    ...rows.map(({ name, value }): Figure => ({ name, value, unit: "MiB" })),
    { name: "in all", value: total, unit: "MiB", goal: "at most 2560 MiB" },
  ];
}

/** API server, its store, controllers and scheduler of one cluster. */
export function controlPlaneFigure(home: string, cluster: string): Figure {
  const own = processesOf(home).filter(
    (process) => process.cluster === cluster && CONTROL_PLANE.has(process.component),
  );
  return {
    name: `control plane of ${cluster}`,
    value: sum(own, proportionalMib),
    unit: "MiB",
    goal: "at most 200 MiB",
  };
}

/** Mean over 20 s. */
export async function cpuFigures(home: string): Promise<Figure[]> {
  const before = new Map(processesOf(home).map((process) => [process.pid, processorSeconds(process)]));
  await delay(CPU_WINDOW_MS);
  const groups = Map.groupBy(processesOf(home), nameOf);
  const cores = (process: OwnProcess): number =>
    (processorSeconds(process) - (before.get(process.pid) ?? 0)) / (CPU_WINDOW_MS / 1_000);
  const rows = [...groups]
    .map(([name, members]): Figure => ({ name, value: sum(members, cores), unit: "cores" }))
    .sort((a, b) => b.value - a.value);
  const total = rows.reduce((used, { value }) => used + value, 0);
  return [...rows.slice(0, 8), { name: "in all", value: total, unit: "cores", goal: "at most 0.2" }];
}

/** The control planes' programs by cluster, all others together. */
function nameOf({ component, cluster }: OwnProcess): string {
  return cluster !== undefined && CONTROL_PLANE.has(component) ? `${cluster}/${component}` : component;
}

function sum(processes: readonly OwnProcess[], of: (process: OwnProcess) => number): number {
  return processes.reduce((total, process) => total + of(process), 0);
}
