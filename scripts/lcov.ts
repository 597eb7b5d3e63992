/** Line coverage by folder, from the lcov report of node's test runner. Format: geninfo(1) */

export interface FileCoverage {
  /** From the project's folder. */
  readonly file: string;
  readonly lines: number;
  readonly covered: number;
}

export interface FolderCoverage {
  readonly folder: string;
  readonly lines: number;
  readonly covered: number;
  /** Long files that no test loads. */
  readonly unloaded: readonly string[];
}

// A shorter file is a list or a few calls: what it gets wrong does not compile, or fails at once.
const LONG_LINES = 60;

/** Of several reports a line counts as covered when one of them says so. */
export function parseLcov(...reports: readonly string[]): FileCoverage[] {
  const hits = new Map<string, Map<string, boolean>>();
  for (const record of reports.flatMap((report) => report.split("end_of_record"))) {
    const file = /^SF:(.+)$/m.exec(record)?.[1];
    if (file === undefined) continue;
    const lines = hits.get(file) ?? new Map<string, boolean>();
    hits.set(file, lines);
    for (const [, line = "", count] of record.matchAll(/^DA:(\d+),(\d+)/gm))
      lines.set(line, count !== "0" || lines.get(line) === true);
  }
  return [...hits].map(([file, lines]) => ({
    file,
    lines: lines.size,
    covered: [...lines.values()].filter((isHit) => isHit).length,
  }));
}

/** By the folder two levels down (`src/kube`), with 0 for files that are missing in the report. */
export function byFolder(
  covered: readonly FileCoverage[],
  all: readonly { readonly file: string; readonly lines: number }[],
): FolderCoverage[] {
  const known = new Map(covered.map((each) => [each.file, each]));
  const files = all.map(({ file, lines }) => known.get(file) ?? { file, lines, covered: 0 });
  return [...Map.groupBy(files, ({ file }) => file.split("/").slice(0, 2).join("/"))]
    .map(([folder, members]) => ({
      folder,
      lines: sum(members, "lines"),
      covered: sum(members, "covered"),
      unloaded: members.filter(({ file, lines }) => !known.has(file) && lines > LONG_LINES).map(({ file }) => file),
    }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** One line for each folder, the whole last. */
export function coverageTable(folders: readonly FolderCoverage[]): string {
  const whole = {
    folder: "all",
    lines: sum(folders, "lines"),
    covered: sum(folders, "covered"),
    unloaded: folders.flatMap(({ unloaded }) => unloaded),
  };
  const rows = [...folders, whole].map(({ folder, lines, covered, unloaded }) => {
    const percent = lines === 0 ? 100 : (100 * covered) / lines;
    const never =
      unloaded.length === 0 ? "" : `  never loaded: ${folder === "all" ? unloaded.length : unloaded.join(" ")}`;
    return `${folder.padEnd(28)} ${percent.toFixed(1).padStart(5)} % of ${String(lines).padStart(6)} lines${never}`;
  });
  return rows.join("\n");
}

function sum<K extends "lines" | "covered">(items: readonly Readonly<Record<K, number>>[], key: K): number {
  return items.reduce((total, item) => total + item[key], 0);
}
