/** What both kinds of webhooks have in common. Kubernetes: pkg/apis/admissionregistration/{v1/defaults.go,validation} */
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import { duplicate, type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Subdomain } from "#machinery/names.ts";
import { age, table } from "../columns.ts";
import { validatePort, validateSelector } from "../validation.ts";

const REVIEW_VERSIONS = ["v1", "v1beta1"];

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

const SIDE_EFFECTS = ["None", "NoneOnDryRun"];

const MAX_TIMEOUT_SECONDS = 30;

type Webhook = Omit<MutatingWebhook, "reinvocationPolicy">;

/** With what the published types leave out. */
interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
}

export function common<T extends MutatingWebhookConfiguration | ValidatingWebhookConfiguration>() {
  return {
    categories: ["api-extensions"],
    generation: true,
    validate: validateWebhooks,
    validateUpdate: validateWebhooks,
    table: table<T>([{ name: "Webhooks", type: "integer", value: ({ webhooks }) => webhooks?.length ?? 0 }, age()]),
  } as const;
}

/** Kubernetes: pkg/apis/admissionregistration/v1/defaults.go */
export function setWebhookDefaults(webhook: Omit<MutatingWebhook, "reinvocationPolicy">): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  // The published types lack `scope`.
  for (const rule of (webhook.rules ?? []) as { scope?: string }[]) rule.scope ??= "*";
  if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
}

function validateWebhooks({
  webhooks = [],
}: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): FieldError[] {
  const names = new Set<string>();
  return (webhooks as readonly Webhook[]).flatMap((webhook, i) => {
    const at = `webhooks[${i}]`;
    const { name = "" } = webhook;
    const errors = [...validateWebhook(webhook, at), ...validateVersions(webhook, `${at}.admissionReviewVersions`)];
    if (name !== "" && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const { rules = [], failurePolicy, matchPolicy, sideEffects, timeoutSeconds = 1 } = webhook;
  const errors = validateName(webhook.name ?? "", `${at}.name`);
  errors.push(...rules.flatMap((rule, i) => validateRule(rule, `${at}.rules[${i}]`)));
  const oneOf = (field: string, value: string | undefined, allowed: readonly string[]): void => {
    if (value !== undefined && !allowed.includes(value)) errors.push(notSupported(`${at}.${field}`, value, allowed));
  };
  oneOf("failurePolicy", failurePolicy, ["Fail", "Ignore"]);
  oneOf("matchPolicy", matchPolicy, ["Equivalent", "Exact"]);
  if (sideEffects === undefined)
    errors.push(required(`${at}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(", ")}`));
  oneOf("sideEffects", sideEffects, SIDE_EFFECTS);
  if (timeoutSeconds < 1 || timeoutSeconds > MAX_TIMEOUT_SECONDS)
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, "the timeout value must be between 1 and 30 seconds"));
  return [
    ...errors,
    ...validateSelector(webhook.namespaceSelector, `${at}.namespaceSelector`),
    ...validateSelector(webhook.objectSelector, `${at}.objectSelector`),
    ...validateClient(webhook.clientConfig, `${at}.clientConfig`),
  ];
}

/** Kubernetes: apimachinery/pkg/util/validation (IsFullyQualifiedName) */
function validateName(name: string, at: string): FieldError[] {
  if (name === "") return [required(at)];
  const problems = dns1123Subdomain(name);
  if (problems.length > 0) return [invalid(at, name, problems.join(","))];
  const why = "should be a domain with at least three segments separated by dots";
  return name.split(".").length < 3 ? [invalid(at, name, why)] : [];
}

function validateRule(rule: Rule, at: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [] } = rule;
  const errors: FieldError[] = operations.length === 0 ? [required(`${at}.operations`)] : [];
  for (const [i, operation] of operations.entries())
    if (!OPERATIONS.includes(operation)) errors.push(notSupported(`${at}.operations[${i}]`, operation, OPERATIONS));
  for (const [field, values] of Object.entries({ apiGroups, apiVersions, resources }))
    if (values.length === 0) errors.push(required(`${at}.${field}`));
  return errors;
}

function validateClient(client: Webhook["clientConfig"] | undefined, at: string): FieldError[] {
  const { url, service } = client ?? {};
  if ((url === undefined) === (service === undefined))
    return [required(at, "exactly one of url or service is required")];
  if (url !== undefined) return validateUrl(url, `${at}.url`);
  const { name = "", namespace = "", port } = service ?? {};
  return [
    ...(name === "" ? [required(`${at}.service.name`)] : []),
    ...(namespace === "" ? [required(`${at}.service.namespace`)] : []),
    ...(port === undefined ? [] : validatePort(port, `${at}.service.port`)),
  ];
}

/** Kubernetes: apiserver/pkg/util/webhook/validation.go (ValidateWebhookURL) */
function validateUrl(text: string, at: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  if (!URL.canParse(text)) return [invalid(at, "", `host must be specified${form}`)];
  const { protocol, host, username, hash, search } = new URL(text);
  const scheme = protocol.slice(0, -1);
  return [
    ...(scheme === "https" ? [] : [invalid(at, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(host === "" ? [invalid(at, host, `host must be specified${form}`)] : []),
    ...(username === "" ? [] : [invalid(at, username, "user information is not permitted in the URL")]),
    ...(hash === "" ? [] : [invalid(at, hash.slice(1), "fragments are not permitted in the URL")]),
    ...(search === "" ? [] : [invalid(at, search.slice(1), "query parameters are not permitted in the URL")]),
  ];
}

function validateVersions({ admissionReviewVersions: versions = [] }: Webhook, at: string): FieldError[] {
  if (versions.length === 0) return [required(at, `must specify one of ${REVIEW_VERSIONS.join(", ")}`)];
  return versions.some((version) => REVIEW_VERSIONS.includes(version))
    ? []
    : [invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`)];
}
