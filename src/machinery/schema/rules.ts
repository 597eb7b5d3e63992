/**
 * CEL rules of custom resources (`x-kubernetes-validations`), transition rules with oldSelf included.
 * Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
 */
import { Environment } from "@marcbachmann/cel-js";
import type { FieldError } from "../field-error.ts";
import { fieldSchema, isJsonObject, type Schema, type ValidationRule } from "./schema.ts";
import { join } from "./validate.ts";

type Program = (variables: Record<string, unknown>) => unknown;

/** Compiles each rule once; made per schema. */
export class RuleChecker {
  readonly #schema: Schema;
  readonly #environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  readonly #programs = new Map<string, Program>();
  readonly #withRules = new Map<Schema, boolean>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** `previous` undefined: creation, transition rules are skipped. */
  check(value: unknown, previous: unknown): FieldError[] {
    const errors: FieldError[] = [];
    this.#visit({ value, previous, schema: this.#schema, path: "" }, errors);
    return errors;
  }

  #visit({ value, previous, schema, path }: Visit, errors: FieldError[]): void {
    if (value === undefined || value === null || !this.#hasRules(schema)) return;
    for (const rule of schema["x-kubernetes-validations"] ?? []) {
      const error = this.#evaluate(rule, { value, previous, schema, path });
      if (error !== undefined) errors.push(error);
    }
    if (Array.isArray(value) && schema.items !== undefined) {
      const items = schema.items;
      for (const [i, item] of value.entries()) {
        this.#visit(
          { value: item, previous: counterpart(item, previous, schema), schema: items, path: `${path}[${i}]` },
          errors,
        );
      }
    } else if (isJsonObject(value)) {
      for (const [field, child] of Object.entries(value)) {
        const childSchema = fieldSchema(schema, field);
        const old = isJsonObject(previous) ? previous[field] : undefined;
        if (childSchema !== undefined)
          this.#visit({ value: child, previous: old, schema: childSchema, path: join(path, field) }, errors);
      }
    }
  }

  /** Whether the schema has rules anywhere: most of a large schema has none. Built-in metadata has none either. */
  #hasRules(schema: Schema): boolean {
    const known = this.#withRules.get(schema);
    if (known !== undefined) return known;
    this.#withRules.set(schema, false);
    const { properties, items, additionalProperties } = schema;
    const found =
      schema["x-kubernetes-validations"] !== undefined ||
      Object.values(properties ?? {}).some((child) => this.#hasRules(child)) ||
      (items !== undefined && this.#hasRules(items)) ||
      (typeof additionalProperties === "object" && this.#hasRules(additionalProperties));
    this.#withRules.set(schema, found);
    return found;
  }

  #evaluate(rule: ValidationRule, { value, previous, schema, path }: Visit): FieldError | undefined {
    const isTransition = /\boldSelf\b/.test(rule.rule);
    if (isTransition && previous === undefined && rule.optionalOldSelf !== true) return undefined;
    const variables = {
      self: toCel(value, schema),
      ...(isTransition && previous !== undefined && { oldSelf: toCel(previous, schema) }),
    };
    try {
      if (this.#compile(rule.rule)(variables) === true) return undefined;
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      return failed(rule, { path, schema, message: `rule evaluation error: ${why}` });
    }
    return failed(rule, { path, schema, message: this.#message(rule, variables) });
  }

  #message(rule: ValidationRule, variables: Record<string, unknown>): string {
    if (rule.messageExpression !== undefined) {
      try {
        const text = this.#compile(rule.messageExpression)(variables);
        if (typeof text === "string" && text.trim() !== "") return text;
      } catch {
        // Kubernetes falls back to the plain message as well.
      }
    }
    return rule.message ?? `failed rule: ${rule.rule.trim()}`;
  }

  #compile(expression: string): Program {
    const program = this.#programs.get(expression) ?? (this.#environment.parse(expression) as Program);
    this.#programs.set(expression, program);
    return program;
  }
}

interface Visit {
  readonly value: unknown;
  readonly previous: unknown;
  readonly schema: Schema;
  readonly path: string;
}

/** The old item with the same keys: items of atomic lists and sets have none. */
function counterpart(item: unknown, previous: unknown, schema: Schema): unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (keys === undefined || !Array.isArray(previous) || !isJsonObject(item)) return undefined;
  return previous.find((old) => isJsonObject(old) && keys.every((key) => old[key] === item[key]));
}

/** JSON as CEL values: integers are 64-bit, everything else is itself. */
function toCel(value: unknown, schema: Schema | undefined): unknown {
  if (typeof value === "number") {
    const isInteger = schema?.type === "integer" || (schema?.type !== "number" && Number.isInteger(value));
    return isInteger ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => [field, toCel(child, fieldSchema(schema, field))]),
  );
}

function failed(
  rule: ValidationRule,
  at: { readonly path: string; readonly schema: Schema; readonly message: string },
): FieldError {
  const field = rule.fieldPath === undefined ? at.path : `${at.path}${rule.fieldPath}`;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return { reason: "FieldValueForbidden", field, message: `Forbidden: ${at.message}` };
    case "FieldValueRequired":
      return { reason: "FieldValueRequired", field, message: `Required value: ${at.message}` };
    case "FieldValueDuplicate":
      return {
        reason: "FieldValueDuplicate",
        field,
        message: `Duplicate value: ${JSON.stringify(at.schema.type ?? "")}`,
      };
    default:
      return {
        reason: "FieldValueInvalid",
        field,
        message: `Invalid value: ${JSON.stringify(at.schema.type ?? "")}: ${at.message}`,
      };
  }
}
