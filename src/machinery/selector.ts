/**
 * Label and field selectors.
 * Kubernetes: apimachinery/pkg/labels/selector.go, apimachinery/pkg/fields/selector.go
 */
export type LabelOperator = "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** All must hold. The empty list matches everything. */
export type LabelRequirements = readonly LabelRequirement[];

export interface LabelSelector {
  matchLabels?: { readonly [key: string]: string };
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export interface FieldRequirement {
  readonly path: string;
  readonly op: "=" | "!=";
  readonly value: string;
}

type Labels = Readonly<Record<string, string>> | undefined;

const SET_TERM = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY_TERM = /^([^\s!=,()<>]+)\s*(==|=|!=|>|<)\s*([^\s!=,()]*)$/;
const EXISTS_TERM = /^(!?)\s*([^\s!=,()<>]+)$/;

/** Parses `app=web,tier in (a,b),!legacy`. Throws an Error that names the part it could not read. */
export function parseLabelSelector(text: string): LabelRequirements {
  return splitTerms(text).map((term) => {
    const requirement = parseTerm(term);
    if (requirement === undefined)
      throw new Error(`unable to parse requirement: found '${term}', expected: a label selector`);
    return requirement;
  });
}

/** The requirements of a LabelSelector object; `undefined` matches nothing and gives undefined. */
export function labelSelectorOf(selector: LabelSelector | undefined): LabelRequirements | undefined {
  if (selector === undefined) return undefined;
  const equalities = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: "In", values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): LabelRequirement => ({
      key,
      operator: operator as LabelOperator,
      values: values ?? [],
    }),
  );
  return [...equalities, ...expressions];
}

/** Whether labels satisfy a LabelSelector object; an absent selector matches nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const requirements = labelSelectorOf(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

/** Whether labels contain each pair of a plain map; an empty map matches everything. */
export function selectsMap(map: Readonly<Record<string, string>>, labels: Labels): boolean {
  return Object.entries(map).every(([key, value]) => labels?.[key] === value);
}

export function matchesLabels(requirements: LabelRequirements, labels: Labels): boolean {
  return requirements.every((requirement) => matchesOne(requirement, labels?.[requirement.key]));
}

/** `app=web,tier in (a,b)`: the text of a selector as `parseLabelSelector` reads it. */
export function formatLabelSelector(requirements: LabelRequirements): string {
  return requirements.map(formatRequirement).join(",");
}

/** Parses `spec.nodeName=n1,status.phase!=Failed`. Throws an Error on anything else. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return text
    .split(",")
    .filter((term) => term.trim() !== "")
    .map((term) => {
      const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*)$/s.exec(term);
      if (match === null) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, path = "", op, value = ""] = match;
      return { path, op: op === "!=" ? "!=" : "=", value: value.replace(/\\([\\,=])/g, "$1") };
    });
}

function matchesOne({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (i === text.length || (char === "," && depth === 0)) {
      terms.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return terms.length === 1 && terms[0] === "" ? [] : terms;
}

function parseTerm(term: string): LabelRequirement | undefined {
  const set = SET_TERM.exec(term);
  if (set !== null) {
    const [, key = "", op, list = ""] = set;
    return { key, operator: op === "in" ? "In" : "NotIn", values: list.split(",").map((value) => value.trim()) };
  }
  const equality = EQUALITY_TERM.exec(term);
  if (equality !== null) {
    const [, key = "", op = "=", value = ""] = equality;
    const operators: Record<string, LabelOperator> = { "=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt" };
    return { key, operator: operators[op] ?? "In", values: [value] };
  }
  const exists = EXISTS_TERM.exec(term);
  if (exists === null) return undefined;
  return { key: exists[2] ?? "", operator: exists[1] === "!" ? "DoesNotExist" : "Exists", values: [] };
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    case "Gt":
      return `${key}>${values[0] ?? ""}`;
    case "Lt":
      return `${key}<${values[0] ?? ""}`;
    case "In":
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(",")})`;
    case "NotIn":
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${values.join(",")})`;
  }
}
