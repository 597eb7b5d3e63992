/** From one set of units to another: the nft commands of one atomic transaction. Empty when nothing changed. */

/** What one source of rules owns in a table. */
export interface RuleUnit {
  /** Elements of maps and sets: name → `key : verdict`, or `key`. */
  readonly elements: ReadonlyMap<string, readonly string[]>;
  /** Chain name → its rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Set name → its definition. */
  readonly sets: ReadonlyMap<string, string>;
}

/**
 * Order matters inside the transaction: new sets and chains exist before rules and elements refer to them, and old ones go
 * only after nothing does.
 */
export function transaction(
  table: string,
  before: ReadonlyMap<string, RuleUnit>,
  after: ReadonlyMap<string, RuleUnit>,
): string {
  const old = merge(before);
  const next = merge(after);
  const newSets = [...next.sets].filter(([name, text]) => old.sets.get(name) !== text);
  const newChains = [...next.chains].filter(([name, text]) => old.chains.get(name) !== text);
  const goneChains = [...old.chains.keys()].filter((name) => !next.chains.has(name));
  const goneSets = [...old.sets.keys()].filter((name) => !next.sets.has(name));
  const lines = [
    ...[...old.elements]
      .filter(([at, verdict]) => next.elements.get(at) !== verdict)
      .map(([at]) => deleteElement(table, at)),
    ...newChains.filter(([name]) => !old.chains.has(name)).map(([name]) => `add chain ${table} ${name}`),
    ...[...newChains.filter(([name]) => old.chains.has(name)).map(([name]) => name), ...goneChains].map(
      (name) => `flush chain ${table} ${name}`,
    ),
    ...newSets.map(([name, text]) => `add set ${table} ${name} { ${text} }`),
    ...newChains.flatMap(([name, text]) => rulesOf(text).map((rule) => `add rule ${table} ${name} ${rule}`)),
    ...[...next.elements]
      .filter(([at, verdict]) => old.elements.get(at) !== verdict)
      .map(([at, verdict]) => addElement(table, at, verdict)),
    ...goneChains.map((name) => `delete chain ${table} ${name}`),
    ...goneSets.map((name) => `delete set ${table} ${name}`),
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
function merge(units: ReadonlyMap<string, RuleUnit>): Merged {
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

/** Of a policy that allows nothing a chain has none. */
function rulesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

function addElement(table: string, at: string, verdict: string): string {
  const [map, key] = at.split("|");
  return `add element ${table} ${map} { ${key}${verdict === "" ? "" : ` : ${verdict}`} }`;
}

function deleteElement(table: string, at: string): string {
  const [map, key] = at.split("|");
  return `delete element ${table} ${map} { ${key} }`;
}
