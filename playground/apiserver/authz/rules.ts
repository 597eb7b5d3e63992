/**
 * What one RBAC rule allows, and whether one set of rules covers another.
 * Kubernetes: pkg/apis/rbac/v1/evaluation_helpers.go, component-helpers/auth/rbac/validation/policy_comparator.go
 */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import type { RequestAttributes } from "../request.ts";

export type RuleTarget = Pick<
  RequestAttributes,
  "verb" | "isResource" | "group" | "plural" | "subresource" | "name" | "path"
>;

export function ruleAllows(rule: PolicyRule, target: RuleTarget): boolean {
  if (!includesOrAll(rule.verbs, target.verb)) return false;
  if (!target.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, target.path));
  return (
    includesOrAll(rule.apiGroups, target.group) &&
    (rule.resources ?? []).some((resource) => matchesResource(resource, target.plural, target.subresource)) &&
    (isEmpty(rule.resourceNames) || (rule.resourceNames ?? []).includes(target.name))
  );
}

/** The parts of `wanted` that no rule of `owned` covers, broken down to one verb and one target each. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !owned.some((rule) => ruleCovers(rule, part)));
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`: as Kubernetes prints rules in messages. */
export function formatRule(rule: PolicyRule): string {
  const parts = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["ResourceNames", rule.resourceNames],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["Verbs", rule.verbs],
  ] as const;
  const shown = parts.filter(([, values]) => !isEmpty(values));
  return `{${shown.map(([name, values]) => `${name}:[${(values ?? []).map((v) => JSON.stringify(v)).join(" ")}]`).join(", ")}}`;
}

/** One line per distinct target with its verbs joined, as the message of an attempted escalation lists them. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = new Map<string, PolicyRule>();
  for (const { verbs, ...target } of rules) {
    const key = JSON.stringify(target);
    const previous = byTarget.get(key);
    byTarget.set(key, { ...target, verbs: [...(previous?.verbs ?? []), ...verbs] });
  }
  return [...byTarget.values()];
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const names = isEmpty(rule.resourceNames) ? [undefined] : (rule.resourceNames ?? []);
  const urls = (rule.nonResourceURLs ?? []).map((url) => ({ nonResourceURLs: [url] }));
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.map((name) => ({
        apiGroups: [group],
        resources: [resource],
        ...(name !== undefined && { resourceNames: [name] }),
      })),
    ),
  );
  return [...resources, ...urls].flatMap((target) => rule.verbs.map((verb) => ({ ...target, verbs: [verb] })));
}

function ruleCovers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!part.verbs.every((verb) => includesOrAll(owner.verbs, verb))) return false;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) return (owner.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, url));
  const [resource = "", subresource = ""] = (part.resources?.[0] ?? "").split("/");
  const [name] = part.resourceNames ?? [];
  return (
    includesOrAll(owner.apiGroups, part.apiGroups?.[0] ?? "") &&
    (owner.resources ?? []).some((pattern) => matchesResource(pattern, resource, subresource)) &&
    (isEmpty(owner.resourceNames) || (name !== undefined && (owner.resourceNames ?? []).includes(name)))
  );
}

function matchesResource(pattern: string, plural: string, subresource: string): boolean {
  if (pattern === "*") return true;
  if (subresource === "") return pattern === plural;
  return pattern === `${plural}/${subresource}` || pattern === `*/${subresource}`;
}

function matchesPath(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

function includesOrAll(values: readonly string[] | undefined, value: string): boolean {
  return values !== undefined && (values.includes("*") || values.includes(value));
}

function isEmpty(values: readonly string[] | undefined): boolean {
  return values === undefined || values.length === 0;
}
