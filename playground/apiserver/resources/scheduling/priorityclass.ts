/** Priority classes. Kubernetes: pkg/registry/scheduling/priorityclass, pkg/apis/scheduling/validation */
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import { priorityClasses } from "#machinery/builtin.ts";
import { forbidden } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";

const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClassStrategy = anyStrategy<PriorityClass>({
  resource: priorityClasses,
  singular: "priorityclass",
  shortNames: ["pc"],
  generation: "constant",
  setDefaults: (priority) => {
    priority.preemptionPolicy ??= "PreemptLowerPriority";
  },
  validate: ({ metadata, value }) =>
    value > HIGHEST_USER_PRIORITY && metadata?.name?.startsWith("system-") !== true
      ? [forbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`)]
      : [],
  validateUpdate: (next, previous) => [
    ...(next.value === previous.value ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...validateImmutable(next.preemptionPolicy, previous.preemptionPolicy, "preemptionPolicy"),
  ],
  table: table<PriorityClass>([
    { name: "Value", type: "integer", value: ({ value }) => value },
    { name: "Global-Default", type: "boolean", value: ({ globalDefault }) => globalDefault ?? false },
    age(),
    { name: "PreemptionPolicy", value: ({ preemptionPolicy }) => preemptionPolicy },
  ]),
});
