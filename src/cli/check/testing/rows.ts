/** A broken cluster, and which checks say so: all of them, and no other. */
import type { PeerFacts } from "../../why/peer-facts.ts";
import type { Pair } from "../categories/between.ts";
import type { InstalledFacts } from "../categories/liqo.ts";
import type { LiqoFacts } from "../facts.ts";
import * as made from "./cluster.ts";

export interface Broken {
  readonly name: string;
  readonly change: (pair: Pair) => Pair;
  /** `milan: kubernetes: nodes are ready: failed` */
  readonly named: readonly string[];
  readonly found: RegExp;
}

export const at =
  (more: Partial<InstalledFacts>) =>
  (all: Pair): Pair => ({ ...all, home: { ...all.home, ...more } });
export const liqo =
  (more: Partial<LiqoFacts>) =>
  (all: Pair): Pair =>
    at({ liqo: { ...all.home.liqo, ...more } })(all);
export const peer =
  (more: Partial<PeerFacts>) =>
  (all: Pair): Pair =>
    liqo({ peerings: all.home.liqo.peerings.map((each) => ({ ...each, ...more })) })(all);

/** In milan, of one category. */
export function rows(
  category: string,
  ...cases: readonly (readonly [string, (pair: Pair) => Pair, Readonly<Record<string, "warning" | "failed">>, RegExp])[]
): Broken[] {
  const where = category === "both clusters" ? category : `milan: ${category}`;
  return cases.map(([name, change, says, found]) => ({
    ...{ name, change, found },
    named: Object.entries(says).map(([line, result]) => `${where}: ${line}: ${result}`),
  }));
}

export const withNetwork = (...changed: ReturnType<typeof made.network>[]) =>
  liqo({
    networks: made.networks.map((own) => changed.find(({ metadata }) => metadata.name === own.metadata.name) ?? own),
  });
