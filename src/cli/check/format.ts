/** How results are shown: as `linkerd check` does, for people and for programs. */
import type { CategoryResult, CheckResult } from "./check.ts";

export type Format = "table" | "wide" | "short" | "json";
export const FORMATS = ["table", "wide", "short", "json"] as const satisfies readonly Format[];

const MARKS = { ok: "√", warning: "‼", failed: "×" } as const;
type Result = keyof typeof MARKS;
/** As linkerd's. */
const RESULTS: Readonly<Record<Result, string>> = { ok: "success", warning: "warning", failed: "error" };

/** The worst of all. */
export function worst(categories: readonly CategoryResult[]): Result {
  const all = categories.flatMap(({ checks }) => checks.map(({ finding }) => finding.result));
  return all.includes("failed") ? "failed" : all.includes("warning") ? "warning" : "ok";
}

export function countFailed(categories: readonly CategoryResult[]): number {
  return categories.flatMap(({ checks }) => checks).filter(({ finding }) => finding.result === "failed").length;
}

/** wide: what was found where all is well, too. short: only what is not. */
export function formatResults(categories: readonly CategoryResult[], format: Format): string {
  if (format === "json") return JSON.stringify(asJson(categories), undefined, 2);
  const shown = format === "short" ? categories.map(onlyBad).filter(({ checks }) => checks.length > 0) : categories;
  const sections = shown.map((category) => {
    const title = headingOf(category);
    return [title, "-".repeat(title.length), ...category.checks.flatMap((check) => lines(check, format))].join("\n");
  });
  return [...sections, `Status check results are ${MARKS[worst(categories)]}`].join("\n\n");
}

function headingOf({ cluster, name }: CategoryResult): string {
  return cluster === undefined ? name : `${cluster}: ${name}`;
}

function onlyBad(category: CategoryResult): CategoryResult {
  return { ...category, checks: category.checks.filter(({ finding }) => finding.result !== "ok") };
}

function lines({ says, finding }: CheckResult, format: Format): string[] {
  const line = `${MARKS[finding.result]} ${says}`;
  if (finding.result !== "ok") return [line, `    ${finding.found}`, `    → ${finding.hint}`];
  return [format === "wide" && finding.found !== undefined ? `${line}: ${finding.found}` : line];
}

function asJson(categories: readonly CategoryResult[]): object {
  return {
    success: worst(categories) !== "failed",
    categories: categories.map(({ name, cluster, checks }) => ({
      categoryName: name,
      ...(cluster !== undefined && { cluster }),
      checks: checks.map(({ says, finding: { result, ...rest } }) => ({
        description: says,
        result: RESULTS[result],
        ...rest,
      })),
    })),
  };
}
