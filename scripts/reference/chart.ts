/** docs/reference/chart.md: the values of the chart, from its values.yaml and values.schema.json. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const CHART = join(import.meta.dirname, "../../deploy/chart");
const REFUSED = "refused: ";
const LONGEST = 120;

interface Schema {
  readonly description?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Value {
  readonly path: string;
  readonly schema: Schema;
  readonly initial: unknown;
  readonly isRequired: boolean;
}

export function formatChart(): string {
  const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;
  const values: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
  const all = valuesOf(schema, values);
  const refused = all.filter((value) => isRefused(value));
  const taken = all.filter((value) => !isRefused(value));
  const sections = [...new Set(taken.map(sectionOf))].sort();
  return [
    "# Values of the chart",
    "<!-- Written by `node scripts/reference-docs.ts`: change the chart's values and their schema, then run it. -->",
    "Each value of [deploy/chart](../../deploy/chart/values.yaml) with its default. Set them with `liqoctl install --set path=value` or `--values file`, or with Helm. What is not here is refused.",
    ...sections.flatMap((section) => [
      `## ${section}`,
      taken
        .filter((value) => sectionOf(value) === section)
        .map(line)
        .join("\n"),
    ]),
    "## Values of upstream's that are refused",
    "They would have no effect. The error says the reason:",
    refused
      .map(({ path, schema: { const: reason = "" } }) => `- \`${path}\`: ${reason.slice(REFUSED.length)}`)
      .join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

/** The leaves: what has no properties of its own in the schema. */
function valuesOf({ properties = {}, required = [] }: Schema, values: unknown, parent = ""): Value[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = parent === "" ? name : `${parent}.${name}`;
    const initial = (values as Record<string, unknown> | null | undefined)?.[name];
    if (schema.properties !== undefined) return valuesOf(schema, initial, path);
    return [{ path, schema, initial, isRequired: required.includes(name) }];
  });
}

function isRefused({ schema }: Value): boolean {
  return schema.const?.startsWith(REFUSED) === true;
}

function sectionOf({ path }: Value): string {
  return path.includes(".") ? (path.split(".")[0] ?? path) : "All components";
}

function line({ path, schema, initial, isRequired }: Value): string {
  const choices = schema.enum?.map((choice) => (choice === "" ? "empty" : `\`${choice}\``)).join(", ");
  const remarks = [
    ...(isRequired ? ["required"] : []),
    ...(choices === undefined ? [] : [choices]),
    ...(isEmpty(initial) ? [] : [`default: ${shown(initial)}`]),
  ];
  return `- \`${path}\`: ${schema.description ?? ""}${remarks.length === 0 ? "" : ` (${remarks.join("; ")})`}`;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    (typeof value === "object" && (value === null || Object.keys(value).length === 0))
  );
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST ? `\`${text}\`` : "a list, in values.yaml";
}
