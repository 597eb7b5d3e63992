/** The engine of this run: `LIQO_TEST_ENGINE`; by default clusters that exist, if two are named, or else the embedded one. */
import type { Engine, Machine } from "./engine.ts";
import { existingEngine, hasExistingClusters } from "./existing.ts";
import { kubernetesEngine } from "./kubernetes/engine.ts";
import { playgroundEngine } from "./playground.ts";

const ENGINES = { playground: playgroundEngine, kubernetes: kubernetesEngine, existing: existingEngine } as const;

export function chosenEngine(): Engine {
  const found = Object.entries(ENGINES).find(([engine]) => engine === chosenName());
  if (found !== undefined) return found[1]();
  throw new Error(`LIQO_TEST_ENGINE: there is no engine ${chosenName()}; allowed: ${Object.keys(ENGINES).join(", ")}`);
}

export function chosenName(): string {
  return process.env["LIQO_TEST_ENGINE"] ?? (hasExistingClusters() ? "existing" : "playground");
}

/** For `skip` of a suite that makes its clusters to measure, or hurts them: false, or why it cannot run here. */
export function needsOwnClusters(): string | false {
  return chosenName() === "existing" && "it needs clusters of its own";
}

export function machineOf({ name, machine }: Engine): Machine {
  if (machine === undefined) throw new Error(`engine ${name}: it did not make its clusters and cannot hurt them`);
  return machine;
}
