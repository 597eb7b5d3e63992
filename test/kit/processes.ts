/** The processes that belong to a folder: those whose command line names it, and all that descend from them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface OwnProcess {
  readonly pid: number;
  /** `playground-apiserver`, `kube-apiserver`, `liqo-gateway`, `frontend`, `conmon`, … */
  readonly component: string;
  /** Of the process or its nearest ancestor that names one (`<home>/clusters/<cluster>/…`). */
  readonly cluster: string | undefined;
}

interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1_024;

export function processesOf(home: string): OwnProcess[] {
  const all = new Map(readdirSync("/proc").flatMap((entry) => describe(Number(entry))));
  const inCluster = new RegExp(`${home}/clusters/([^/ ]+)/`);
  const lineageOf = (pid: number): Found[] => {
    const found = all.get(pid);
    return found === undefined ? [] : [found, ...lineageOf(found.parent)];
  };
  return [...all.keys()].flatMap((pid): OwnProcess[] => {
    const lineage = lineageOf(pid);
    if (pid === process.pid || !lineage.some(({ command }) => command.includes(home))) return [];
    const cluster = lineage.map(({ command }) => inCluster.exec(command)?.[1]).find((name) => name !== undefined);
    return [{ pid, component: componentOf(lineage[0]?.command ?? ""), cluster }];
  });
}

/** Shared pages count once over all processes. */
export function proportionalMib({ pid }: OwnProcess): number {
  return memoryOf(pid, "smaps_rollup", /^Pss: +(\d+)/m);
}

/** Without what other processes share: what would be free if this one ended. */
export function privateMib({ pid }: OwnProcess): number {
  const clean = memoryOf(pid, "smaps_rollup", /^Private_Clean: +(\d+)/m);
  return clean + memoryOf(pid, "smaps_rollup", /^Private_Dirty: +(\d+)/m);
}

/** Shared pages count in each process. */
export function residentMib({ pid }: OwnProcess): number {
  return memoryOf(pid, "status", /^VmRSS:\s+(\d+)/m);
}

/** Processor time used so far, in seconds. */
export function processorSeconds({ pid }: OwnProcess): number {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

function memoryOf(pid: number, file: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1] ?? 0) / KIB_PER_MIB;
  } catch {
    // Gone meanwhile.
    return 0;
  }
}

function describe(pid: number): [number, Found][] {
  if (!Number.isInteger(pid)) return [];
  try {
    // A kernel thread has no executable.
    readlinkSync(`/proc/${pid}/exe`);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return [[pid, { pid, parent: Number(statOf(pid)[1]), command }]];
  } catch {
    // Gone meanwhile, or a kernel thread.
    return [];
  }
}

/** Fields of /proc/<pid>/stat after the program's name: state, parent, … */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // Gone meanwhile.
    return [];
  }
}

function componentOf(command: string): string {
  const [, program] = /\/([\w-]+)\.js( |$)/.exec(command) ?? [];
  return program ?? command.split(" ")[0]?.split("/").at(-1) ?? "unknown";
}
