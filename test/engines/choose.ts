/** The engine of this run: `LIQO_TEST_ENGINE`, by default the embedded one. */
import type { Engine } from "./engine.ts";
import { kubernetesEngine } from "./kubernetes/engine.ts";
import { playgroundEngine } from "./playground.ts";

const ENGINES = { playground: playgroundEngine, kubernetes: kubernetesEngine } as const;

export function chosenEngine(): Engine {
  const name = process.env["LIQO_TEST_ENGINE"] ?? "playground";
  const found = Object.entries(ENGINES).find(([engine]) => engine === name);
  if (found !== undefined) return found[1]();
  throw new Error(`LIQO_TEST_ENGINE: there is no engine ${name}; allowed: ${Object.keys(ENGINES).join(", ")}`);
}
