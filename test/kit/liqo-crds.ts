/** Liqo's CustomResourceDefinitions as the chart brings them, read once. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { parse } from "yaml";

const FOLDER = fileURLToPath(new URL("../../deploy/chart/crds", import.meta.url));
const MULTICLUSTER = fileURLToPath(new URL("../../deploy/chart/files/multicluster", import.meta.url));
let read: readonly CustomResourceDefinition[] | undefined;

/** All of them, or those of the plural names. */
export function liqoCrds(...plurals: readonly string[]): readonly CustomResourceDefinition[] {
  read ??= readdirSync(FOLDER).map((file) => parse(readFileSync(`${FOLDER}/${file}`, "utf8")));
  return plurals.length === 0 ? read : read.filter(({ spec }) => plurals.includes(spec.names.plural));
}

/** Those of the Multi-Cluster Services API, which the chart brings where it is asked to. */
export function multiclusterCrds(): CustomResourceDefinition[] {
  return readdirSync(MULTICLUSTER).map((file) => parse(readFileSync(`${MULTICLUSTER}/${file}`, "utf8")));
}
