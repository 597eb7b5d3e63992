/**
 * What was recorded from clusters with upstream Liqo, and which of a cluster's objects answer to it. The recording is
 * beside the repository and not part of it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "#machinery/meta.ts";

export interface Recording {
  readonly folder: string;
  /** The manifest that was applied. */
  readonly sample: string;
  readonly consumer: readonly KubeObject[];
  readonly provider: readonly KubeObject[];
}

const FOLDER = join(import.meta.dirname, "../../../shared/data/upstream-recording");

/** Undefined where the recording is not at hand. */
export function findRecording(folder = FOLDER): Recording | undefined {
  const sample = join(folder, "sample.yaml");
  if (!existsSync(sample)) return undefined;
  const side = (name: string) => merge(read(folder, `${name}.yaml`), read(folder, `${name}-network.yaml`));
  return { folder, sample, consumer: side("consumer"), provider: side("provider") };
}

/** Both recordings of a cluster; what is in both is taken from the later one, which was made with the network. */
export function merge(earlier: readonly KubeObject[], later: readonly KubeObject[]): KubeObject[] {
  const newer = new Set(later.map(identity));
  return [...earlier.filter((object) => !newer.has(identity(object))), ...later];
}

/** For `kubectl get`: `Pod.v1.`, `IP.v1alpha1.ipam.liqo.io`. */
export function kindArguments(objects: readonly KubeObject[]): string[] {
  return [...new Set(objects.map(kindArgument))].sort();
}

function read(folder: string, file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(join(folder, file), "utf8")).flatMap((document) => {
    const object: unknown = document.toJS();
    return isObject(object) ? [object] : [];
  });
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && "kind" in value;
}

function identity({ kind, metadata }: KubeObject): string {
  // A Deployment's pods of the two recordings are the same to us.
  const name = kind === "Pod" ? metadata?.name?.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, "") : metadata?.name;
  return `${kind} ${metadata?.namespace}/${name}`;
}

function kindArgument({ apiVersion = "", kind }: KubeObject): string {
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return `${kind}.${version}.${group}`;
}
