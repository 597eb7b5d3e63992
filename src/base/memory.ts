/** How V8 is told to prefer little memory to speed. Its flags: v8/src/flags/flag-definitions.h */
import { setFlagsFromString } from "node:v8";

/** `bursts`: much at once, now and then. `seldom`: never so much that compiling would pay for itself. */
export type Load = "bursts" | "seldom";

const SMALL_HEAP = [
  // Space for new objects stays at 1 MB, instead of growing to 64 MB under load for good.
  "--semi-space-growth-factor=1",
  // What a collection empties goes back to the system,
  "--optimize-for-size",
  // and a collection begins when the heap has doubled: later costs memory, earlier time.
  "--heap-growing-percent=100",
];
// Compilers that never run are not paged in.
const NO_COMPILERS = ["--no-opt", "--no-maglev", "--no-sparkplug"];

/** For a process that idles most of its life. To be called first: what has grown already stays. */
export function favourMemory(load: Load): void {
  for (const flag of load === "seldom" ? [...SMALL_HEAP, ...NO_COMPILERS] : SMALL_HEAP) setFlagsFromString(flag);
}
