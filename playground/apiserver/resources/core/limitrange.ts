/** Limit ranges. Kubernetes: pkg/registry/core/limitrange, pkg/apis/core/{v1/defaults.go,validation} */
import type { LimitRange, LimitRangeItem } from "kubernetes-types/core/v1";
import { limitRanges } from "#machinery/builtin.ts";
import { duplicate, type FieldError, invalid } from "#machinery/field-error.ts";
import { milliOf } from "#machinery/quantity.ts";
import { anyStrategy } from "../../strategy.ts";
import { validateContainerResource, validateResourceName } from "./fields/resource-name.ts";

const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

type Bound = (typeof LISTS)[number];

/** Which list may not exceed which; in which of them the error is, which amount it shows, and in what words. */
const ORDERS: readonly {
  readonly low: Bound;
  readonly high: Bound;
  readonly at: Bound;
  readonly shown?: Bound;
  readonly words: readonly [string, string];
}[] = [
  { low: "min", high: "max", at: "min", words: ["min", "max"] },
  { low: "min", high: "defaultRequest", at: "defaultRequest", words: ["min", "default request"] },
  { low: "defaultRequest", high: "max", at: "defaultRequest", words: ["default request", "max"] },
  { low: "defaultRequest", high: "default", at: "defaultRequest", words: ["default request", "default limit"] },
  { low: "min", high: "default", at: "default", shown: "min", words: ["min", "default"] },
  { low: "default", high: "max", at: "default", shown: "max", words: ["default", "max"] },
];

export const limitRangeStrategy = anyStrategy<LimitRange>({
  resource: limitRanges,
  singular: "limitrange",
  shortNames: ["limits"],
  setDefaults: ({ spec }) => {
    for (const limit of spec?.limits ?? []) if (limit.type === "Container") setLimitDefaults(limit);
  },
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
  table: {
    columns: [
      { name: "Name", type: "string", format: "name", priority: 0 },
      { name: "Created At", type: "date", priority: 0 },
    ],
    cells: (range) => [range.metadata?.name ?? "", range.metadata?.creationTimestamp ?? ""],
  },
});

/** The most that is allowed is the default limit, that is the default request, and so is the least that is needed. */
function setLimitDefaults(limit: LimitRangeItem): void {
  const defaults = { ...limit.max, ...limit.default };
  limit.default = defaults;
  limit.defaultRequest = { ...limit.min, ...defaults, ...limit.defaultRequest };
}

function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const types = new Set<string>();
  return (spec?.limits ?? []).flatMap((limit, i) => {
    const at = `spec.limits[${i}]`;
    const errors = types.has(limit.type) ? [duplicate(`${at}.type`, limit.type)] : [];
    types.add(limit.type);
    return [...errors, ...validateLimitNames(limit, at), ...validateLimitAmounts(limit, at)];
  });
}

function validateLimitNames(limit: LimitRangeItem, at: string): FieldError[] {
  const check = limit.type === "Container" ? validateContainerResource : validateNameOnly;
  return LISTS.flatMap((list) =>
    Object.entries(limit[list] ?? {}).flatMap(([name, amount]) => check(name, amount, `${at}.${list}[${name}]`)),
  );
}

function validateNameOnly(name: string, _amount: string, field: string): FieldError[] {
  return validateResourceName(name, field);
}

function validateLimitAmounts(limit: LimitRangeItem, path: string): FieldError[] {
  const names = new Set(LISTS.flatMap((list) => Object.keys(limit[list] ?? {})));
  return [...names].flatMap((name) =>
    ORDERS.flatMap(({ low, high, at, shown = at, words: [lesser, greater] }) => {
      const [a, b] = [limit[low]?.[name], limit[high]?.[name]];
      if (a === undefined || b === undefined || milliOf(a) <= milliOf(b)) return [];
      const why = `${lesser} value ${a} is greater than ${greater} value ${b}`;
      return [invalid(`${path}.${at}[${name}]`, limit[shown]?.[name], why)];
    }),
  );
}
