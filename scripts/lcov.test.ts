import assert from "node:assert/strict";
import { test } from "node:test";
import { byFolder, coverageTable, parseLcov } from "./lcov.ts";

const record = (file: string, counts: readonly number[]): string =>
  `TN:\nSF:${file}\n${counts.map((count, index) => `DA:${index + 1},${count}\n`).join("")}end_of_record\n`;
const REPORTS = [
  record("src/kube/a.ts", [1, 0, 3, 0]) + record("src/kube/deep/b.ts", [1, 1, 1, 1, 1, 1]),
  record("src/kube/a.ts", [0, 1, 0, 0]) + record("src/kube/a.test.ts", [9]),
];
const FILES = [
  { file: "src/kube/a.ts", lines: 4 },
  { file: "src/kube/deep/b.ts", lines: 6 },
  { file: "src/cli/short.ts", lines: 60 },
  { file: "src/cli/long.ts", lines: 61 },
];

test("files are counted by folder, those that no test loads as 0", () => {
  assert.deepEqual(byFolder(parseLcov(...REPORTS), FILES), [
    { folder: "src/cli", lines: 121, covered: 0, unloaded: ["src/cli/long.ts"] },
    { folder: "src/kube", lines: 10, covered: 9, unloaded: [] },
  ]);
});

test("the table closes with the whole", () => {
  assert.equal(
    coverageTable(byFolder(parseLcov(...REPORTS), FILES)),
    [
      "src/cli                        0.0 % of    121 lines  never loaded: src/cli/long.ts",
      "src/kube                      90.0 % of     10 lines",
      "all                            6.9 % of    131 lines  never loaded: 1",
    ].join("\n"),
  );
});
