/** The package as npm packs it, in an empty folder. The embedded engine only: the package brings that engine. */

import assert from "node:assert/strict";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { output } from "../kit/command.ts";

const PROJECT = join(import.meta.dirname, "../..");
const EXAMPLES = join(PROJECT, "examples");
const skip = chosenName() !== "playground" && "the package brings the embedded engine";

describe("the npm package", { skip }, () => {
  let folder: string;
  let env: Record<string, string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "liqo-package-"));
    env = { LIQO_PLAYGROUND_HOME: join(folder, "home"), npm_config_cache: join(folder, "cache") };
    await output("node", [join(PROJECT, "scripts/testing-types.ts")]);
    // Without prepack: set-up has made the rest, and other tests may be using it.
    const packed = await output("npm", ["pack", PROJECT, "--ignore-scripts", "--json", "--pack-destination", folder], {
      env,
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    await output(
      "npm",
      ["install", "--prefix", folder, "--offline", "--no-audit", "--no-fund", join(folder, filename)],
      { env },
    );
  });

  after(async () => {
    await output("npx", ["--prefix", folder, "liqoctl", "playground", "delete"], { env }).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  it("has no dependencies", () => {
    assert.deepEqual(
      readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith(".")),
      ["liqo-ts"],
    );
  });

  it("npx liqoctl playground create makes two clusters", async () => {
    const liqoctl = (...args: string[]) => output("npx", ["--prefix", folder, "liqoctl", ...args], { env });
    await liqoctl("playground", "create", "milan", "rome");
    const kubeconfig = (await liqoctl("playground", "kubeconfig")).trim();
    for (const context of ["milan", "rome"]) {
      const nodes = await output("kubectl", [
        "--kubeconfig",
        kubeconfig,
        "--context",
        context,
        "get",
        "nodes",
        "-o",
        "name",
      ]);
      assert.deepEqual(nodes.trim().split("\n"), ["node/worker-node-1", "node/worker-node-2"]);
    }
    await liqoctl("playground", "delete");
  });

  it("its examples, and the one of docs/testing.md, pass and compile", async () => {
    cpSync(EXAMPLES, join(folder, "examples"), { recursive: true });
    const [, documented = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(PROJECT, "docs/testing.md"), "utf8")) ?? [];
    writeFileSync(join(folder, "examples/documented.test.ts"), documented);
    const files = globSync("examples/**/*.test.ts", { cwd: folder }).map((file) => join(folder, file));
    // Node runs no tests within a test, unless it does not know that it is in one.
    const run = ["-u", "NODE_TEST_CONTEXT", "node", "--test", "--test-reporter=tap", ...files];
    const report = await output("env", run, { env });
    const [, passed = "0"] = /^# pass (\d+)$/m.exec(report) ?? [];
    assert.equal(Number(passed), files.length, report);
    // What their authors have installed: Node's types.
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    for (const types of ["@types/node", "undici-types"])
      symlinkSync(join(PROJECT, "node_modules", types), join(folder, "node_modules", types));
    const strict = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--target",
      "es2024",
      "--lib",
      "es2024,esnext.disposable",
    ];
    await output(join(PROJECT, "node_modules/.bin/tsc"), [
      ...strict,
      "--module",
      "nodenext",
      "--types",
      "node",
      ...files,
    ]);
  });
});
