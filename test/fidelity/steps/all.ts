/** All subjects of the comparison, in the order they run. */
import type { Step } from "../step.ts";
import { boundSteps } from "./bounds.ts";
import { changeSteps } from "./changes.ts";
import { configurationSteps } from "./configuration.ts";
import { customSteps } from "./custom.ts";
import { discoverySteps } from "./discovery.ts";
import { invalidSteps } from "./invalid.ts";
import { kindSteps } from "./kinds.ts";
import { patchSteps } from "./patches.ts";
import { podSecuritySteps } from "./pod-security.ts";
import { readingSteps } from "./reading.ts";
import { webhookSteps } from "./webhooks.ts";

export async function subjects(): Promise<Readonly<Record<string, readonly Step[]>>> {
  return {
    configuration: configurationSteps,
    kinds: kindSteps,
    patches: patchSteps,
    reading: readingSteps,
    custom: customSteps,
    invalid: invalidSteps,
    changes: changeSteps,
    webhooks: webhookSteps,
    "pod security": podSecuritySteps,
    bounds: boundSteps,
    discovery: discoverySteps,
  };
}
