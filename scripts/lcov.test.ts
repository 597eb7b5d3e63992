import assert from "node:assert/strict";
import { test } from "node:test";
import { byFolder, coverageTable, parseLcov } from "./lcov.ts";

const REPORT = `TN:
SF:src/kube/a.ts
DA:1,1
LH:3
LF:4
end_of_record
TN:
SF:src/kube/deep/b.ts
LH:10
LF:16
end_of_record
TN:
SF:src/kube/a.test.ts
LH:9
LF:9
end_of_record
`;
const FILES = [
  { file: "src/kube/a.ts", lines: 4 },
  { file: "src/kube/deep/b.ts", lines: 16 },
  { file: "src/cli/short.ts", lines: 60 },
  { file: "src/cli/long.ts", lines: 61 },
];

test("files are counted by folder, those that no test loads as 0", () => {
  assert.deepEqual(byFolder(parseLcov(REPORT), FILES), [
    { folder: "src/cli", lines: 121, covered: 0, unloaded: ["src/cli/long.ts"] },
    { folder: "src/kube", lines: 20, covered: 13, unloaded: [] },
  ]);
});

test("the table closes with the whole", () => {
  assert.equal(
    coverageTable(byFolder(parseLcov(REPORT), FILES)),
    [
      "src/cli                        0.0 % of    121 lines  never loaded: src/cli/long.ts",
      "src/kube                      65.0 % of     20 lines",
      "all                            9.2 % of    141 lines  never loaded: 1",
    ].join("\n"),
  );
});
