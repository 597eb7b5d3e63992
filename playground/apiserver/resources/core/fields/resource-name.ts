/** Names and amounts of resources: of containers, quotas and limit ranges. Kubernetes: pkg/apis/core/validation, pkg/apis/core/helper */
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import { milliOf } from "#machinery/quantity.ts";
import { messages } from "../../validation.ts";

const CONTAINER = ["cpu", "memory", "ephemeral-storage"];
const COUNTED = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const QUOTA = [
  ...CONTAINER,
  ...["requests", "limits"].flatMap((kind) => CONTAINER.map((name) => `${kind}.${name}`)),
  "requests.storage",
  ...COUNTED,
];
const STANDARD = [...QUOTA, "storage"];
const HUGE_PAGES = "hugepages-";

function isQualified(name: string): boolean {
  return name.includes("/");
}

/** A name at all: qualified, or one that Kubernetes itself knows. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = messages(field, name, qualifiedName(name));
  if (errors.length > 0 || isQualified(name) || STANDARD.includes(name) || name.startsWith(HUGE_PAGES)) return errors;
  return [invalid(field, name, "must be a standard resource type or fully qualified")];
}

export function validateContainerResource(name: string, amount: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!isQualified(name) && !CONTAINER.includes(name) && !name.startsWith(HUGE_PAGES))
    errors.push(invalid(field, name, "must be a standard resource for containers"));
  else if (isQualified(name) && !isNative(name) && name.startsWith("requests."))
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  return [...errors, ...validateAmount(name, amount, field)];
}

export function validateQuotaResource(name: string, amount: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  const isKnown = QUOTA.includes(name) || name.startsWith(HUGE_PAGES) || name.startsWith(`requests.${HUGE_PAGES}`);
  if (!isQualified(name) && !isKnown) errors.push(invalid(field, name, "must be a standard resource for quota"));
  return [...errors, ...validateAmount(name, amount, field)];
}

function isNative(name: string): boolean {
  return !isQualified(name) || name.split("/")[0]?.endsWith("kubernetes.io") === true;
}

function validateAmount(name: string, amount: string, field: string): FieldError[] {
  const milli = milliOf(amount);
  if (milli < 0n) return [invalid(field, amount, "must be greater than or equal to 0")];
  const isCounted = COUNTED.includes(name) || (isQualified(name) && !isNative(name));
  return isCounted && milli % 1000n !== 0n ? [invalid(field, amount, "must be an integer")] : [];
}
