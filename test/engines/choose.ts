/** The engine of this run: `LIQO_TEST_ENGINE`, by default the embedded one. */
import type { Engine } from "./engine.ts";
import { playgroundEngine } from "./playground.ts";

export function chosenEngine(): Engine {
  const name = process.env["LIQO_TEST_ENGINE"] ?? "playground";
  if (name === "playground") return playgroundEngine();
  throw new Error(`LIQO_TEST_ENGINE: there is no engine ${name}; allowed: playground`);
}
