/** From one set of units to another: the nft commands of one atomic transaction. Empty when nothing changed. */
import { type ServiceUnit, TABLE } from "./ruleset.ts";

/**
 * Order matters inside the transaction: new sets and chains exist before rules and elements refer to them, and old ones go
 * only after nothing does.
 */
export function transaction(before: ReadonlyMap<string, ServiceUnit>, after: ReadonlyMap<string, ServiceUnit>): string {
  const old = merge(before);
  const next = merge(after);
  const newSets = [...next.sets].filter(([name, text]) => old.sets.get(name) !== text);
  const newChains = [...next.chains].filter(([name, text]) => old.chains.get(name) !== text);
  const goneChains = [...old.chains.keys()].filter((name) => !next.chains.has(name));
  const goneSets = [...old.sets.keys()].filter((name) => !next.sets.has(name));
  const lines = [
    ...[...old.elements].filter(([at, verdict]) => next.elements.get(at) !== verdict).map(([at]) => deleteElement(at)),
    ...newChains.filter(([name]) => !old.chains.has(name)).map(([name]) => `add chain ${TABLE} ${name}`),
    ...[...newChains.filter(([name]) => old.chains.has(name)).map(([name]) => name), ...goneChains].map(
      (name) => `flush chain ${TABLE} ${name}`,
    ),
    ...newSets.map(([name, text]) => `add set ${TABLE} ${name} { ${text} }`),
    ...newChains.flatMap(([name, text]) => text.split("\n").map((rule) => `add rule ${TABLE} ${name} ${rule}`)),
    ...[...next.elements]
      .filter(([at, verdict]) => old.elements.get(at) !== verdict)
      .map(([at, verdict]) => addElement(at, verdict)),
    ...goneChains.map((name) => `delete chain ${TABLE} ${name}`),
    ...goneSets.map((name) => `delete set ${TABLE} ${name}`),
  ];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

interface Merged {
  /** `map|key` → verdict. */
  readonly elements: Map<string, string>;
  readonly chains: Map<string, string>;
  readonly sets: Map<string, string>;
}

/** Two Services may claim one address and port: the first by name wins, as there can be only one element. */
function merge(units: ReadonlyMap<string, ServiceUnit>): Merged {
  const merged: Merged = { elements: new Map(), chains: new Map(), sets: new Map() };
  for (const unit of units.values()) {
    for (const [map, elements] of unit.elements) {
      for (const element of elements) {
        const [key = "", verdict = ""] = element.split(" : ");
        if (!merged.elements.has(`${map}|${key}`)) merged.elements.set(`${map}|${key}`, verdict);
      }
    }
    for (const [name, rules] of unit.chains) merged.chains.set(name, rules.join("\n"));
    for (const [name, text] of unit.sets) merged.sets.set(name, text);
  }
  return merged;
}

function addElement(at: string, verdict: string): string {
  const [map, key] = at.split("|");
  return `add element ${TABLE} ${map} { ${key} : ${verdict} }`;
}

function deleteElement(at: string): string {
  const [map, key] = at.split("|");
  return `delete element ${TABLE} ${map} { ${key} }`;
}
