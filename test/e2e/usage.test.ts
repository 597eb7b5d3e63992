/** The pages of docs/usage, command by command, one after the other: the first peers, the others use that. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { ROOT, testPage } from "./console-steps.ts";

describe("the pages on usage", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "they show what embedded clusters answer",
}, () => {
  let clusters: Clusters;
  // Pages write files beside `docs`: not into the project.
  const folder = mkdtempSync(join(tmpdir(), "liqo-usage-"));
  before(async () => {
    symlinkSync(join(ROOT, "docs"), join(folder, "docs"));
    clusters = await startClusters({ name: "milan" }, { name: "rome" });
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
  });
  after(async () => {
    await clusters?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  // The last one stops and starts both clusters.
  for (const page of ["peering", "offloading", "resources", "service-continuity"])
    describe(page, { concurrency: 1 }, () =>
      testPage(`docs/usage/${page}.md`, () => ({ folder, env: clusters.engine.env })),
    );
});
