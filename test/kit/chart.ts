/** The chart as Helm renders it, and what it says about rights. */
import { join } from "node:path";
import { isMap, isSeq, parseAllDocuments, type YAMLMap } from "yaml";
import type { KubeObject } from "#machinery/meta.ts";
import { type Outcome, outcome } from "./command.ts";

const TOOLS = join(import.meta.dirname, "../../.tools/bin");
export const CHART = join(import.meta.dirname, "../../deploy/chart");

/** What every installation has to say. */
export const REQUIRED_VALUES: Readonly<Record<string, string>> = {
  "discovery.config.clusterID": "milan",
  "ipam.podCIDR": "10.244.0.0/16",
  "ipam.serviceCIDR": "10.96.0.0/16",
};

/** `helm template`, with further arguments such as `--set` or `--values`. */
export function tryTemplate(values: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> {
  return helm("template", "liqo", CHART, "--namespace", "liqo", "--skip-crds", ...setFlags(values), ...args);
}

export function setFlags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
}

/** Of set-up, whatever the PATH. */
export function helm(...args: readonly string[]): Promise<Outcome> {
  return outcome("helm", args, { env: { PATH: `${TOOLS}:${process.env["PATH"] ?? ""}` } });
}

/** The manifest of the required values and these; rejects with Helm's message. */
export async function template(
  values: Readonly<Record<string, string>> = {},
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await tryTemplate({ ...REQUIRED_VALUES, ...values }, ...args);
  if (code !== 0) throw new Error(`helm template exited with ${code}: ${stderr}`);
  return stdout;
}

export function parseManifest(manifest: string): KubeObject[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

export interface Role {
  readonly kind: "ClusterRole" | "Role";
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface Rule {
  /** The comment above the rule; "" when there is none. */
  readonly reason: string;
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Roles and cluster roles of a manifest, in its order, with the reasons of their rules. */
export function parseRoles(manifest: string): Role[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const kind = document.get("kind");
    if (kind !== "ClusterRole" && kind !== "Role") return [];
    const rules = document.get("rules");
    if (!isSeq(rules)) throw new Error(`${kind} without rules`);
    const items = rules.items.filter((item) => isMap(item));
    // The comment above the first of a list belongs to the list.
    const reasons = items.map((item, i) => (i === 0 ? rules.commentBefore : item.commentBefore) ?? "");
    const name = String(document.getIn(["metadata", "name"]));
    return [{ kind, name, rules: items.map((item, i) => ({ ...ruleOf(item), reason: textOf(reasons[i] ?? "") })) }];
  });
}

function ruleOf(item: YAMLMap): Omit<Rule, "reason"> {
  return item.toJSON() as Omit<Rule, "reason">;
}

function textOf(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}
