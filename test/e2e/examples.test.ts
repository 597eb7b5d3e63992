/** The pages of docs/examples, command by command, from no cluster to three, which they share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { output } from "#kit/command.ts";
import { ROOT, testPage } from "./console-steps.ts";

describe("the examples", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "they make embedded clusters",
}, () => {
  const home = mkdtempSync(join(tmpdir(), "liqo-e2e-"));
  const env = { LIQO_PLAYGROUND_HOME: home };
  const exported: string[] = [];
  after(async () => {
    await output(join(ROOT, "bin/liqoctl"), ["playground", "delete"], { env });
    rmSync(home, { recursive: true, force: true });
  });
  for (const page of ["README", "policies", "replicas", "services", "ingress", "stateful"])
    describe(page, { concurrency: 1 }, () =>
      testPage(`docs/examples/${page}.md`, () => ({ folder: ROOT, env }), exported),
    );
});
