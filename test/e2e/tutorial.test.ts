/** docs/tutorial.md, command by command, from no cluster to no cluster. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { output } from "#kit/command.ts";
import { ROOT, testPage } from "./console-steps.ts";

describe("the tutorial", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "it makes embedded clusters",
}, () => {
  const home = mkdtempSync(join(tmpdir(), "liqo-e2e-"));
  const env = { LIQO_PLAYGROUND_HOME: home };
  after(async () => {
    await output(join(ROOT, "bin/liqoctl"), ["playground", "delete"], { env });
    rmSync(home, { recursive: true, force: true });
  });
  testPage("docs/tutorial.md", () => ({ folder: ROOT, env }));
});
