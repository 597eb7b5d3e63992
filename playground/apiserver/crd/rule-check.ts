/**
 * CEL rules of a schema as far as they can be judged without an object: their syntax, and fields of `self` that the schema
 * does not have. Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go
 */
import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { type FieldError, invalid } from "#machinery/field-error.ts";
import type { Schema, ValidationRule } from "#machinery/schema/schema.ts";

const VARIABLES = ["self", "oldSelf"];
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
});

/** The errors of all rules of one schema, not of those inside it. */
export function checkRules(schema: Schema, path: string, isRoot: boolean): FieldError[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, i) => {
    const problem = findProblem(rule.rule, schema, isRoot);
    if (problem === undefined) return [];
    const { text, at } = problem;
    const why = `compilation failed: ERROR: <input>:1:${at + 1}: ${text}\n | ${rule.rule}\n | ${".".repeat(at)}^`;
    return [invalid(`${path}.x-kubernetes-validations[${i}].rule`, shownRule(rule), why)];
  });
}

interface Problem {
  readonly text: string;
  readonly at: number;
}

function findProblem(rule: string, schema: Schema, isRoot: boolean): Problem | undefined {
  try {
    const { ast } = environment.parse(rule);
    const unknown = findUnknownField(ast, schema, isRoot);
    return unknown === undefined ? undefined : { text: `undefined field '${unknown.field}'`, at: unknown.at };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { text: `Syntax error: ${error.summary}`, at: error.range?.start ?? 0 };
  }
}

function findUnknownField(
  node: ASTNode,
  schema: Schema,
  isRoot: boolean,
): { readonly field: string; readonly at: number } | undefined {
  if (node.op === "." || node.op === ".?") {
    const [object, field] = node.args;
    const type = typeOf(object, schema, isRoot);
    const at = node.input.indexOf(".", object.range.end);
    if (type !== undefined && isUndefinedField(type, field, isRoot && object.op === "id"))
      return { field, at: Math.max(at, 0) };
  }
  for (const child of childrenOf(node)) {
    const found = findUnknownField(child, schema, isRoot);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The schema of what an expression yields, when it is `self` or a field of it. */
function typeOf(node: ASTNode, schema: Schema, isRoot: boolean): Schema | undefined {
  if (node.op === "id") return VARIABLES.includes(node.args) ? schema : undefined;
  if (node.op !== ".") return undefined;
  const [object, field] = node.args;
  return typeOf(object, schema, isRoot)?.properties?.[field];
}

/** Names that CEL reserves are written with underscores: they are left alone. */
function isUndefinedField(schema: Schema, field: string, isResource: boolean): boolean {
  if (schema.type !== "object" || schema["x-kubernetes-preserve-unknown-fields"] === true) return false;
  if (schema.additionalProperties !== undefined || field.startsWith("__")) return false;
  if (schema["x-kubernetes-embedded-resource"] === true || isResource)
    if (["apiVersion", "kind", "metadata"].includes(field)) return false;
  return schema.properties?.[field] === undefined;
}

function childrenOf({ args }: ASTNode): ASTNode[] {
  const isNode = (value: unknown): value is ASTNode => typeof value === "object" && value !== null && "op" in value;
  return isNode(args) ? [args] : Array.isArray(args) ? (args.flat(2) as unknown[]).filter(isNode) : [];
}

/** In the form of the internal type, which is what upstream shows. */
function shownRule({
  rule,
  message = "",
  messageExpression = "",
  reason,
  fieldPath = "",
  optionalOldSelf,
}: ValidationRule): object {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
}
