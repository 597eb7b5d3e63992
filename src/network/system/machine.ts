/** What an agent asks of the machine that it runs on: its tools, its clock, and the kernel's files. */
import { type Clock, systemClock } from "#base/clock.ts";
import { SYSCTLS } from "./sysctl.ts";
import { systemTools, type Tools } from "./tools.ts";

export interface Machine {
  readonly tools: Tools;
  readonly clock: Clock;
  /** Folder of the network's settings. */
  readonly sysctls: string;
  /** Folder of devices. */
  readonly devices: string;
}

export const THIS_MACHINE: Machine = {
  tools: systemTools(),
  clock: systemClock,
  sysctls: SYSCTLS,
  devices: "/dev",
};
