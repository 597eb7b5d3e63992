/** What the node agent takes from the machine it runs on: time, programs, control groups, containers. Unit tests give another. */
import { availableParallelism } from "node:os";
import { type Clock, systemClock } from "#base/clock.ts";
import { run } from "#base/run.ts";
import { CGROUP_ROOT } from "./runtime/cgroup.ts";
import { Runtime } from "./runtime/container.ts";
import type { ContainerRuntime } from "./runtime/container-runtime.ts";

/** Runs ip, nft, mount, unshare and the like to their end. */
export type RunProgram = typeof run;

export interface Host {
  readonly clock: Clock;
  readonly run: RunProgram;
  /** Where the control groups are mounted. */
  readonly cgroupRoot: string;
  /** How many processors it has. */
  readonly cpus: number;
  /** `onExit` is told of each container that ends from now on. */
  readonly openRuntime: (directory: string, onExit: (id: string) => void) => ContainerRuntime;
}

export const thisHost: Host = {
  clock: systemClock,
  run,
  cgroupRoot: CGROUP_ROOT,
  cpus: availableParallelism(),
  openRuntime: (directory, onExit) => new Runtime({ directory }, onExit),
};
