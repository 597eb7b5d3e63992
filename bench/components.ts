/** What do Liqo's own processes in one cluster take: memory, and processor time at rest? */
import { setTimeout as delay } from "node:timers/promises";
import {
  type OwnProcess,
  privateMib,
  processesOf,
  processorSeconds,
  proportionalMib,
  residentMib,
} from "#kit/processes.ts";
import { LIQO_PROGRAMS } from "#playground/images/builtin.ts";
import type { Figure } from "./figures.ts";

const CPU_WINDOW_MS = 10_000;
const PER_PEER = new Set(["liqo-gateway", "virtual-kubelet"]);
const PROGRAMS: ReadonlySet<string> = new Set(LIQO_PROGRAMS);

/** Memory of each component and in all. @param when Such as `1 peer, 100 pods`. */
export function componentMemory(home: string, cluster: string, when: string, goal?: string): Figure[] {
  const own = componentsOf(home, cluster);
  return [
    ...own.map(
      (process): Figure => ({
        name: `${when}: ${process.component} of ${cluster}`,
        value: residentMib(process),
        unit: "MiB",
      }),
    ),
    {
      name: `${when}: all of ${cluster}`,
      value: own.reduce((mib, process) => mib + residentMib(process), 0),
      unit: "MiB",
      ...(goal !== undefined && { goal }),
    },
    {
      name: `${when}: all of ${cluster}, shared pages once`,
      value: own.reduce((mib, process) => mib + proportionalMib(process), 0),
      unit: "MiB",
    },
  ];
}

/** What each further peer adds: its gateway and its virtual kubelet, without the pages they share with the others. */
export function furtherPeerFigure(home: string, cluster: string): Figure {
  const own = componentsOf(home, cluster).filter(({ component }) => PER_PEER.has(component));
  return {
    name: `a further peer of ${cluster}, without shared pages`,
    value: own.reduce((mib, process) => mib + privateMib(process), 0),
    unit: "MiB",
    goal: "at most 60 MiB",
  };
}

/** Of all components of the cluster together, mean over 10 s. */
export async function componentProcessor(home: string, cluster: string, when: string): Promise<Figure> {
  const used = (): number =>
    componentsOf(home, cluster).reduce((seconds, process) => seconds + processorSeconds(process), 0);
  const before = used();
  await delay(CPU_WINDOW_MS);
  return { name: `${when}: all of ${cluster}`, value: (used() - before) / (CPU_WINDOW_MS / 1_000), unit: "cores" };
}

function componentsOf(home: string, cluster: string): OwnProcess[] {
  return processesOf(home)
    .filter((process) => process.cluster === cluster && PROGRAMS.has(process.component))
    .sort((a, b) => a.component.localeCompare(b.component));
}
