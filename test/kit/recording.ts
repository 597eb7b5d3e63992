/**
 * What upstream Liqo wrote on two genuine clusters, as facts: one line for each field of each object, without what no
 * two installations share (normal-object.ts). Written by scripts/record-upstream-objects.ts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "#machinery/meta.ts";
import type { NormalObject } from "./normal-object.ts";

export const RECORDINGS = join(import.meta.dirname, "../e2e/testdata");

/** `side`: `consumer`, `provider`. */
export function readRecording(side: string): NormalObject[] {
  return parseRecording(readFileSync(join(RECORDINGS, `upstream-${side}.txt`), "utf8"));
}

/** `# <title>`, then `<path> = <value as JSON>` for each field; an empty line between two objects. */
export function formatRecording(objects: readonly NormalObject[]): string {
  return objects
    .map(({ title, fields }) => [`# ${title}`, ...[...fields].map(lineOf).sort()].join("\n"))
    .sort()
    .join("\n\n")
    .concat("\n");
}

export function parseRecording(text: string): NormalObject[] {
  return text
    .split(/^# /m)
    .slice(1)
    .map((part) => {
      const [title = "", ...lines] = part.trimEnd().split("\n");
      return { title, fields: new Map(lines.map(fieldOf)) };
    });
}

/** Both recordings of a cluster; what is in both is taken from the later one, which was made with the network. */
export function merge(earlier: readonly KubeObject[], later: readonly KubeObject[]): KubeObject[] {
  const newer = new Set(later.map(identity));
  return [...earlier.filter((object) => !newer.has(identity(object))), ...later];
}

/** For `kubectl get`: `Pod.v1.`, `IP.v1alpha1.ipam.liqo.io`. */
export function kindArguments(objects: readonly NormalObject[]): string[] {
  return [...new Set(objects.map(kindArgument))].sort();
}

function lineOf([path, value]: readonly [string, string]): string {
  return `${path} = ${JSON.stringify(value)}`;
}

function fieldOf(line: string): readonly [string, string] {
  const at = line.indexOf(" = ");
  return [line.slice(0, at), String(JSON.parse(line.slice(at + 3)))];
}

function identity({ kind, metadata }: KubeObject): string {
  // A Deployment's pods of the two recordings are the same to us.
  const name = kind === "Pod" ? metadata?.name?.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, "") : metadata?.name;
  return `${kind} ${metadata?.namespace}/${name}`;
}

function kindArgument({ title, fields }: NormalObject): string {
  const apiVersion = fields.get("apiVersion") ?? "";
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return `${title.slice(0, title.indexOf(" "))}.${version}.${group}`;
}
