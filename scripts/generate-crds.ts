/**
 * Writes the CRD manifests of Liqo's kinds into the chart, from their schemas in src/api.
 * Run at set-up, after generate-openapi: node scripts/generate-crds.ts [folder]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { allKinds } from "#api/all.ts";
import { type Definitions, forgeCrd } from "#api/schema/crd.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const output = process.argv[2] ?? join(ROOT, "deploy/chart/crds");
const { definitions } = JSON.parse(readFileSync(join(ROOT, ".build/openapi/schemas.json"), "utf8")) as {
  definitions: Definitions;
};

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
for (const kind of allKinds) {
  const file = join(output, `${kind.group}_${kind.plural}.yaml`);
  writeFileSync(file, stringify(forgeCrd(kind, definitions), { aliasDuplicateObjects: false, lineWidth: 0 }));
}
