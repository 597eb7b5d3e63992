/** All subjects of the comparison, in the order they run. */
import type { Step } from "../step.ts";
import { configurationSteps } from "./configuration.ts";
import { kindSteps } from "./kinds.ts";
import { patchSteps } from "./patches.ts";

export async function subjects(): Promise<Readonly<Record<string, readonly Step[]>>> {
  return { configuration: configurationSteps, kinds: kindSteps, patches: patchSteps };
}
