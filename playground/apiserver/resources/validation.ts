/** Checks that many kinds share, in Kubernetes' words. Kubernetes: pkg/apis/core/validation, apimachinery/pkg/apis/meta/v1/validation */
import { isIP, isIPv4 } from "node:net";
import { type FieldError, forbidden, invalid, required } from "#machinery/field-error.ts";
import { labelValue, portName, portNumber, qualifiedName } from "#machinery/names.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { LabelSelector } from "#machinery/selector.ts";

const PERCENT = /^[0-9]+%$/;
const PERCENT_MESSAGE =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
const VALUES_NEEDED = "must be specified when `operator` is 'In' or 'NotIn'";
const VALUES_FORBIDDEN = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
const ONE_VALUE_NEEDED = "must be specified single value when `operator` is 'Lt' or 'Gt'";

/** Of the ports of Services, their endpoints and containers, in the order in which messages list them. */
export const PROTOCOLS = ["SCTP", "TCP", "UDP"];

/** One FieldError of reason Invalid per message. */
export function messages(field: string, value: unknown, problems: readonly string[]): FieldError[] {
  return problems.map((problem) => invalid(field, value, problem));
}

export function validateImmutable(value: unknown, previous: unknown, field: string): FieldError[] {
  return jsonEquals(value, previous) ? [] : [invalid(field, value ?? null, "field is immutable")];
}

export function validateNonnegative(value: number | undefined, field: string): FieldError[] {
  return (value ?? 0) < 0 ? [invalid(field, value, "must be greater than or equal to 0")] : [];
}

export function validateRange(
  value: number | undefined,
  field: string,
  [low, high]: readonly [number, number],
): FieldError[] {
  if (value === undefined || (value >= low && value <= high)) return [];
  return [invalid(field, value, `must be between ${low} and ${high}, inclusive`)];
}

export function validateIp(address: string, field: string): FieldError[] {
  return isIP(address) === 0
    ? [invalid(field, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    : [];
}

const UNREACHABLE: readonly (readonly [RegExp, string])[] = [
  [/^(0\.0\.0\.0|::)$/, "may not be unspecified"],
  [/^(127\.|::1$)/, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [/^(169\.254\.|fe[89ab][0-9a-f]:)/i, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [/^(224\.0\.0\.|ff02:)/i, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];

/** An address that others can reach. Kubernetes: pkg/apis/core/validation (ValidateEndpointIP) */
export function validateEndpointIp(address: string, field: string): FieldError[] {
  return UNREACHABLE.filter(([range]) => range.test(address)).map(([, why]) => invalid(field, address, why));
}

export function validateCidr(cidr: string, field: string): FieldError[] {
  const [address = "", length = "", ...rest] = cidr.split("/");
  const longest = isIPv4(address) ? 32 : 128;
  const isValid = isIP(address) !== 0 && /^\d+$/.test(length) && Number(length) <= longest && rest.length === 0;
  return isValid ? [] : [invalid(field, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
}

export function validatePort(port: number | string | undefined, field: string): FieldError[] {
  if (typeof port === "string") return messages(field, port, portName(port));
  return messages(field, port ?? 0, portNumber(port ?? 0));
}

/** A count that is not negative, or a percentage. */
export function validateCountOrPercent(value: number | string | undefined, field: string): FieldError[] {
  if (typeof value === "string") return PERCENT.test(value) ? [] : [invalid(field, value, PERCENT_MESSAGE)];
  return validateNonnegative(value, field);
}

/** The number of a percentage; undefined of anything else. */
export function percentOf(value: number | string | undefined): number | undefined {
  return typeof value === "string" && PERCENT.test(value) ? Number.parseInt(value, 10) : undefined;
}

export function validateAtMostAll(value: number | string | undefined, field: string): FieldError[] {
  return (percentOf(value) ?? 0) > 100 ? [invalid(field, value, "must not be greater than 100%")] : [];
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...messages(field, key, qualifiedName(key)),
    ...messages(field, value, labelValue(value)),
  ]);
}

export function validateSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${field}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((expression, i) =>
      validateRequirement(expression, `${field}.matchExpressions[${i}]`, { checksValues: true, compares: false }),
    ),
  ];
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `compares`: with Gt and Lt, as selectors of nodes have. */
export function validateRequirement(
  { key, operator, values = [] }: Requirement,
  field: string,
  { checksValues, compares }: { readonly checksValues: boolean; readonly compares: boolean },
): FieldError[] {
  return [
    ...validateOperator(operator ?? "", values, { field, compares }),
    ...messages(`${field}.key`, key ?? "", qualifiedName(key ?? "")),
    ...(checksValues ? values.flatMap((value, i) => messages(`${field}.values[${i}]`, value, labelValue(value))) : []),
  ];
}

function validateOperator(
  operator: string,
  values: readonly string[],
  { field, compares }: { readonly field: string; readonly compares: boolean },
): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length === 0 ? [required(`${field}.values`, VALUES_NEEDED)] : [];
    case "Exists":
    case "DoesNotExist":
      return values.length > 0 ? [forbidden(`${field}.values`, VALUES_FORBIDDEN)] : [];
    case "Gt":
    case "Lt":
      if (compares) return values.length === 1 ? [] : [required(`${field}.values`, ONE_VALUE_NEEDED)];
  }
  return [invalid(`${field}.operator`, operator, "not a valid selector operator")];
}
