/**
 * Records what upstream Liqo wrote: node scripts/record-upstream-objects.ts <folder>
 * In the folder: {consumer,provider}.yaml of two clusters peered without network, with test/e2e/testdata/sample.yaml in
 * an offloaded namespace, {consumer,provider}-network.yaml of two peered with it. test/e2e/upstream-parity.test.ts
 * compares ours with the result.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { normalObject } from "#kit/normal-object.ts";
import { formatRecording, merge, RECORDINGS } from "#kit/recording.ts";
import type { KubeObject } from "#machinery/meta.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: node scripts/record-upstream-objects.ts <folder>\n");
  process.exit(2);
}
for (const side of ["consumer", "provider"]) {
  const objects = merge(read(join(folder, `${side}.yaml`)), read(join(folder, `${side}-network.yaml`)));
  writeFileSync(join(RECORDINGS, `upstream-${side}.txt`), formatRecording(objects.map(normalObject)));
}

function read(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, "utf8")).flatMap((document) => {
    const object: unknown = document.toJS();
    return isObject(object) ? [object] : [];
  });
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && "kind" in value;
}
