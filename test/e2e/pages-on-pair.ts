/** Pages of docs, command by command, one after the other, on milan and rome, which have Liqo and are not peered. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { ROOT, testPage } from "./console-steps.ts";

/** `pages`: relative to docs, without their ending. What one of them leaves is what the next one finds. */
export function testPages(title: string, pages: readonly string[]): void {
  describe(title, {
    concurrency: 1,
    skip: chosenName() === "playground" ? false : "they show what embedded clusters answer",
  }, () => {
    let clusters: Clusters;
    // Pages write files beside `docs`: not into the project.
    const folder = mkdtempSync(join(tmpdir(), "liqo-pages-"));
    before(async () => {
      symlinkSync(join(ROOT, "docs"), join(folder, "docs"));
      clusters = await startClusters({ name: "milan" }, { name: "rome" });
      await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    });
    after(async () => {
      await clusters?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });
    for (const page of pages)
      describe(page, { concurrency: 1 }, () =>
        testPage(`docs/${page}.md`, () => ({ folder, env: clusters.engine.env })),
      );
  });
}
