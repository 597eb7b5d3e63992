/** Amounts of resources as numbers that a page can draw. */
import { milliOf, unitsOf } from "#machinery/quantity.ts";
import type { Amounts } from "../../model/items.ts";

type Quantities = Readonly<Record<string, string | number>>;

export function amountsOf(quantities: Quantities | undefined): Amounts {
  const pods = quantities?.["pods"];
  return {
    cpu: Number(milliOf(quantities?.["cpu"])),
    memory: unitsOf(quantities?.["memory"]),
    ...(pods !== undefined && { pods: unitsOf(pods) }),
  };
}

export function sumOf(all: readonly Amounts[]): Amounts {
  let [cpu, memory] = [0, 0];
  for (const each of all) {
    cpu += each.cpu;
    memory += each.memory;
  }
  return { cpu, memory, pods: all.length };
}
