import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dashboards } from "./all.ts";
import { renderDashboard } from "./dashboard.ts";

const FOLDER = join(import.meta.dirname, "../../deploy/grafana");

for (const dashboard of dashboards)
  test(`deploy/grafana/${dashboard.uid}.json is what is described (node scripts/generate-dashboards.ts)`, () => {
    assert.equal(readFileSync(join(FOLDER, `${dashboard.uid}.json`), "utf8"), renderDashboard(dashboard));
  });

test("there are no others, and no panel covers another", () => {
  assert.deepEqual(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".json"))
      .sort(),
    dashboards.map(({ uid }) => `${uid}.json`).sort(),
  );
  for (const dashboard of dashboards) {
    const { panels } = JSON.parse(renderDashboard(dashboard));
    const covered = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<"x" | "y" | "w" | "h", number> }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    assert.equal(new Set(covered).size, covered.length, dashboard.uid);
    assert.ok(covered.every((place: string) => Number(place.split(",")[0]) < 24));
  }
});
