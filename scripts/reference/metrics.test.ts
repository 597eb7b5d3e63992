import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describe, formatMetrics } from "./metrics.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What is served for metrics-server on the kubelet's port, by the kubelet's names. */
const OF_KUBELETS = "src/virtual-kubelet/server/stats.ts";

test("every metric that a program defines is on the page", () => {
  const page = formatMetrics();
  const files = globSync("{src,cmd}/**/*.ts", { cwd: ROOT }).filter(
    (file) => !file.endsWith(".test.ts") && file !== OF_KUBELETS,
  );
  const defined = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(/\.(?:counter|gauge|histogram)\(\s*"(\w+)"/g)].map(([, name = ""]) => name);
  });
  assert.ok(defined.length > 20, `${defined.length} definitions found`);
  assert.deepEqual(
    defined.filter((name) => !page.includes(`- \`${name}\` (`)),
    [],
  );
});

test("a family is described by its help, its type and its labels, without those of its buckets", () => {
  const text = `# HELP took_seconds How long it takes.
# TYPE took_seconds histogram
took_seconds_bucket{host="a",verb="GET",le="1"} 1
took_seconds_sum{host="a",verb="GET"} 1
# HELP up Whether it is up.
# TYPE up gauge
up 1
`;
  assert.deepEqual(describe(text), [
    { name: "took_seconds", type: "histogram", help: "How long it takes.", labels: ["host", "verb"] },
    { name: "up", type: "gauge", help: "Whether it is up.", labels: [] },
  ]);
});
