/**
 * Which requests a webhook wants to see: rules, selectors, match conditions.
 * Kubernetes: apiserver/pkg/admission/plugin/webhook/{generic/webhook.go,predicates,matchconditions}
 */
import { Environment } from "@marcbachmann/cel-js";
import type { MutatingWebhook, ValidatingWebhook } from "kubernetes-types/admissionregistration/v1";
import { messageOf } from "#base/errors.ts";
import { namespaces } from "#machinery/builtin.ts";
import { selects } from "#machinery/selector.ts";
import type { AdmissionRequest, ObjectReader } from "../../request.ts";
import { forgeReviewRequest } from "./review.ts";

/** The static type lacks the last two fields. */
export interface WebhookRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

export type Webhook = Omit<MutatingWebhook | ValidatingWebhook, "rules"> & {
  readonly rules?: readonly WebhookRule[];
  readonly reinvocationPolicy?: string;
  /** Newer than the static types. */
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
};

export type Program = (variables: Record<string, unknown>) => unknown;

/** What was compiled once for a webhook: its match conditions. */
export interface CompiledConditions {
  readonly programs: readonly { readonly name: string; readonly run: Program }[];
}

const CONFIGURATIONS = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

/** Rules and selectors; conditions are checked afterwards, because they may fail. */
export function isSelected(reader: ObjectReader, webhook: Webhook, request: AdmissionRequest): boolean {
  const { group, plural } = request.resource;
  // Whoever breaks a webhook must be able to repair its configuration.
  if (group === "admissionregistration.k8s.io" && CONFIGURATIONS.includes(plural)) return false;
  return (
    (webhook.rules ?? []).some((rule) => matchesRule(rule, request)) &&
    matchesNamespace(reader, webhook, request) &&
    matchesObject(webhook, request)
  );
}

export function matchesRule(rule: WebhookRule, { operation, resource, subresource }: AdmissionRequest): boolean {
  const listed = (values: readonly string[] | undefined, value: string): boolean =>
    (values ?? []).includes("*") || (values ?? []).includes(value);
  const scope = resource.namespaced ? "Namespaced" : "Cluster";
  const inScope = rule.scope === undefined || rule.scope === "*" || rule.scope === scope;
  return (
    inScope &&
    listed(rule.operations, operation) &&
    listed(rule.apiGroups, resource.group) &&
    listed(rule.apiVersions, resource.version) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, resource.plural, subresource))
  );
}

export function compileConditions(webhook: Webhook): CompiledConditions {
  const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
  const programs = (webhook.matchConditions ?? []).map(({ name, expression }) => ({
    name,
    run: compile(environment, expression),
  }));
  return { programs };
}

/** "error" carries what made the outcome unknown; a false condition wins over errors. */
export function checkConditions(
  { programs }: CompiledConditions,
  request: AdmissionRequest,
): { readonly outcome: "match" | "skip" } | { readonly outcome: "error"; readonly message: string } {
  if (programs.length === 0) return { outcome: "match" };
  const variables = {
    object: request.object ?? null,
    oldObject: request.oldObject ?? null,
    request: forgeReviewRequest(request, ""),
  };
  let problem: string | undefined;
  for (const { name, run } of programs) {
    try {
      if (run(variables) !== true) return { outcome: "skip" };
    } catch (error) {
      problem ??= `failed to evaluate match condition ${JSON.stringify(name)}: ${messageOf(error)}`;
    }
  }
  return problem === undefined ? { outcome: "match" } : { outcome: "error", message: problem };
}

function compile(environment: Environment, expression: string): Program {
  try {
    const program = environment.parse(expression);
    return (variables) => program(variables);
  } catch (cause) {
    return () => {
      throw new Error(`compile: ${messageOf(cause)}`, { cause });
    };
  }
}

/** A resource, one of its subresources (`pods/status`), or wildcards for either; without a slash the resource only. */
function matchesResource(pattern: string, plural: string, subresource: string): boolean {
  const [resource = "", sub] = pattern.split("/");
  const main = resource === "*" || resource === plural;
  return main && (sub === undefined ? subresource === "" : sub === "*" || sub === subresource);
}

function matchesNamespace(reader: ObjectReader, webhook: Webhook, request: AdmissionRequest): boolean {
  const selector = webhook.namespaceSelector;
  if (selector === undefined) return true;
  const { resource, namespace, object, oldObject } = request;
  if (resource.group === "" && resource.plural === "namespaces") {
    return selects(selector, (object ?? oldObject)?.metadata?.labels);
  }
  if (!resource.namespaced) return true;
  return selects(selector, reader.get(namespaces, "", namespace)?.metadata?.labels);
}

function matchesObject(webhook: Webhook, { object, oldObject }: AdmissionRequest): boolean {
  const selector = webhook.objectSelector;
  if (selector === undefined || Object.keys(selector).length === 0) return true;
  return [object, oldObject].some(
    (candidate) => candidate !== undefined && selects(selector, candidate.metadata?.labels),
  );
}
