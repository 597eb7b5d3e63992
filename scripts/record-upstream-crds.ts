/**
 * Records what upstream's CustomResourceDefinitions promise: node scripts/record-upstream-crds.ts <folder of its CRDs> <version>
 * The result is what src/api/upstream-crds.test.ts compares ours with.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Crd, crdFacts } from "#kit/crd-facts.ts";

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) {
  process.stderr.write("usage: node scripts/record-upstream-crds.ts <folder> <version>\n");
  process.exit(2);
}
const crds = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => parse(readFileSync(join(folder, file), "utf8")) as Crd)
  .sort((a, b) => (a.spec.names.plural < b.spec.names.plural ? -1 : 1));
const header = `Recorded by scripts/record-upstream-crds.ts from the CRDs of Liqo ${version}.`;
const text = crds.map((crd) => `\n# ${crd.spec.names.plural}\n${crdFacts(crd).join("\n")}\n`).join("");
writeFileSync(join(import.meta.dirname, "../src/api/testdata/upstream-crds.txt"), `${header}\n${text}`);
