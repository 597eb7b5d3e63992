/**
 * `make bench-kubernetes`: the same measurements on the embedded engine and on genuine Kubernetes, side by side. Prints
 * figures and ratios; gates nothing. Arguments: the engines to measure (default: both).
 */

import { kubernetesEngine } from "#engines/kubernetes/engine.ts";
import { playgroundEngine } from "#engines/playground.ts";
import { measureEngine, type Section } from "./engine-figures.ts";
import { printSideBySide } from "./figures.ts";

const ENGINES = { embedded: playgroundEngine, genuine: kubernetesEngine } as const;
const names = (process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ENGINES)) as (keyof typeof ENGINES)[];

const measured = new Map<string, Section[]>();
for (const name of names) {
  const create = ENGINES[name];
  if (create === undefined) throw new Error(`there is no engine ${name}; allowed: ${Object.keys(ENGINES).join(", ")}`);
  await using engine = create();
  const sections: Section[] = [];
  measured.set(name, sections);
  for await (const section of measureEngine(engine)) {
    process.stderr.write(`${name}: ${section.title}\n`);
    sections.push(section);
  }
}
const titles = [...new Set([...measured.values()].flat().map(({ title }) => title))];
for (const title of titles)
  printSideBySide(
    title,
    new Map([...measured].map(([name, sections]) => [name, sections.find((s) => s.title === title)?.figures ?? []])),
  );
