/** What does the demo take at rest: memory by component, and processor time without load? */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Figure } from "./figures.ts";

interface Process {
  readonly pid: number;
  readonly component: string;
}

const CPU_WINDOW_MS = 20_000;
const TICKS_PER_SECOND = 100;
const MIB = 1_024;

/** Proportional memory (PSS: shared pages count once over all) of everything that the playground in `home` runs. */
export function memoryFigures(home: string): Figure[] {
  const sums = new Map<string, { count: number; kib: number }>();
  for (const { pid, component } of processesOf(home)) {
    const before = sums.get(component) ?? { count: 0, kib: 0 };
    sums.set(component, { count: before.count + 1, kib: before.kib + proportionalKib(pid) });
  }
  const rows = [...sums].sort(([, a], [, b]) => b.kib - a.kib);
  const total = rows.reduce((sum, [, { kib }]) => sum + kib, 0);
  return [
    ...rows.map(([name, { count, kib }]): Figure => ({ name: `${name} (${count})`, value: kib / MIB, unit: "MiB" })),
    { name: "in all", value: total / MIB, unit: "MiB", goal: "at most 2560 MiB" },
  ];
}

/** API server, controllers and scheduler of one cluster. */
export function controlPlaneFigure(home: string, cluster: string): Figure {
  const names = [`${cluster}/playground-apiserver`, `${cluster}/playground-controllers`];
  const own = processesOf(home).filter(({ component }) => names.includes(component));
  const kib = own.reduce((sum, { pid }) => sum + proportionalKib(pid), 0);
  return { name: `control plane of ${cluster}`, value: kib / MIB, unit: "MiB", goal: "at most 200 MiB" };
}

/** Mean over 20 s. */
export async function cpuFigures(home: string): Promise<Figure[]> {
  const before = new Map(processesOf(home).map(({ pid }) => [pid, ticksOf(pid)]));
  await delay(CPU_WINDOW_MS);
  const used = new Map<string, number>();
  for (const { pid, component } of processesOf(home)) {
    const spent = ticksOf(pid) - (before.get(pid) ?? 0);
    used.set(component, (used.get(component) ?? 0) + spent / TICKS_PER_SECOND / (CPU_WINDOW_MS / 1_000));
  }
  const rows = [...used].sort(([, a], [, b]) => b - a);
  return [
    ...rows.slice(0, 8).map(([name, cores]): Figure => ({ name, value: cores, unit: "cores" })),
    { name: "in all", value: rows.reduce((sum, [, cores]) => sum + cores, 0), unit: "cores", goal: "at most 0.2" },
  ];
}

/** Processes whose command line names the home, and all that descend from them. */
function processesOf(home: string): Process[] {
  const all = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => describe(Number(entry)));
  const roots = new Set(all.filter(({ command }) => command.includes(home)).map(({ pid }) => pid));
  let found = roots.size;
  do {
    found = roots.size;
    for (const { pid, parent } of all) if (roots.has(parent)) roots.add(pid);
  } while (roots.size > found);
  return all
    .filter(({ pid }) => roots.has(pid) && pid !== process.pid)
    .map(({ pid, command }) => ({ pid, component: componentOf(command, home) }));
}

function describe(pid: number): { pid: number; parent: number; command: string }[] {
  try {
    // A kernel thread has no executable.
    readlinkSync(`/proc/${pid}/exe`);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return [{ pid, parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
  } catch {
    // Gone meanwhile, or a kernel thread.
    return [];
  }
}

/** `milan/playground-apiserver`, `liqo-gateway`, `frontend`, `conmon`, … */
function componentOf(command: string, home: string): string {
  const [, cluster] = new RegExp(`${home}/clusters/([^/ ]+)/`).exec(command) ?? [];
  const [, program] = /\/([\w-]+)\.js( |$)/.exec(command) ?? [];
  if (program?.startsWith("playground-")) return cluster === undefined ? program : `${cluster}/${program}`;
  return program ?? command.split(" ")[0]?.split("/").at(-1) ?? "unknown";
}

function proportionalKib(pid: number): number {
  try {
    return Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    // Gone meanwhile.
    return 0;
  }
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    // Gone meanwhile.
    return 0;
  }
}
