/**
 * The JSONPath of printer columns: fields, indexes, `[*]` and filters such as `[?(@.type=="Ready")]`.
 * Kubernetes: client-go/util/jsonpath
 */
import { isJsonObject } from "#machinery/schema/schema.ts";

type Step = (values: readonly unknown[]) => unknown[];

/** All values at a path; compile once, apply to many objects. Throws RangeError on what it can't read. */
export function compileJsonPath(path: string): (root: unknown) => unknown[] {
  const steps = parseSteps(path);
  return (root) =>
    steps
      .reduce<readonly unknown[]>((values, step) => step(values), [root])
      .filter((v) => v !== undefined) as unknown[];
}

const TOKEN = /^(?:\.\.?|)(?:(\*)|((?:[^.[\]\\]|\\.)+))|^\[(?:'([^']*)'|"([^"]*)"|(-?\d+)|(\*)|\?\((.*?)\))\]/;

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  let rest = path
    .trim()
    .replace(/^\{(.*)\}$/, "$1")
    .replace(/^\$/, "");
  while (rest !== "" && rest !== ".") {
    const match = TOKEN.exec(rest);
    if (match === null || match[0] === "") throw new RangeError(`unreadable JSONPath ${JSON.stringify(path)}`);
    rest = rest.slice(match[0].length);
    const [, star, name, single, double, index, all, filter] = match;
    const field = name?.replace(/\\(.)/g, "$1") ?? single ?? double;
    if (field !== undefined)
      steps.push((values) => values.map((value) => (isJsonObject(value) ? value[field] : undefined)));
    else if (star !== undefined || all !== undefined) steps.push((values) => values.flatMap(childrenOf));
    else if (index !== undefined)
      steps.push((values) => values.map((value) => (Array.isArray(value) ? value.at(Number(index)) : undefined)));
    else if (filter !== undefined) steps.push(filterStep(filter));
  }
  return steps;
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function filterStep(text: string): Step {
  const [, path = "", operator = "", literal = ""] = /^\s*@(.*?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/.exec(text) ?? [];
  if (operator === "") {
    const exists = compileJsonPath(text.trim().replace(/^@/, ""));
    return (values) => values.flatMap(childrenOf).filter((item) => exists(item).length > 0);
  }
  const read = compileJsonPath(path);
  const wanted = parseLiteral(literal);
  return (values) => values.flatMap(childrenOf).filter((item) => compareValues(read(item)[0], operator, wanted));
}

function parseLiteral(text: string): unknown {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === "true" || text === "false") return text === "true";
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function compareValues(value: unknown, operator: string, wanted: unknown): boolean {
  if (operator === "==") return value === wanted;
  if (operator === "!=") return value !== undefined && value !== wanted;
  if (typeof value !== "number" || typeof wanted !== "number") return false;
  if (operator === "<") return value < wanted;
  if (operator === ">") return value > wanted;
  return operator === "<=" ? value <= wanted : value >= wanted;
}
