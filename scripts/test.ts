/**
 * Runs the parts that the arguments name, one after the other, and closes with "N passed, N failed": lint and types count
 * as one each, tests as themselves. `kubernetes` is the end-to-end tests on genuine Kubernetes and the comparison of the
 * two API servers, where the machine can: as root, with Go to build it or with its programs.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string>>;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = join(import.meta.dirname, "..");
const E2E = ["--test-concurrency=1", "test/e2e/*.test.ts"];
const UNIT = ["--test-isolation=none", "{src,playground,apps,scripts,test/kit,test/chart,test/engines}/**/*.test.ts"];
const PARTS: Readonly<Record<string, () => Promise<Outcome[]>>> = {
  check: async () => [
    await command("format and lint", "node_modules/.bin/biome", ["check", ".", "--diagnostic-level=error"]),
    await command("types", "node_modules/.bin/tsc", ["--noEmit"]),
  ],
  unit: async () => [await tests("unit tests", UNIT)],
  e2e: async () => [await tests("end-to-end tests", E2E)],
  kubernetes: onKubernetes,
};

const outcomes: Outcome[] = [];
for (const part of process.argv.slice(2)) {
  const checks = PARTS[part];
  if (checks === undefined) throw new Error(`there is no part ${part}; allowed: ${Object.keys(PARTS).join(", ")}`);
  outcomes.push(...(await checks()));
}
const sum = (of: keyof Outcome): number => outcomes.reduce((total, outcome) => total + outcome[of], 0);
const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped}\n`);
process.exit(sum("failed") === 0 ? 0 : 1);

async function onKubernetes(): Promise<Outcome[]> {
  const missing = [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...(isInPath("go") || process.env["LIQO_KUBERNETES_BIN"] !== undefined ? [] : ["Go"]),
  ];
  if (missing.length > 0) {
    process.stdout.write(`\n== genuine Kubernetes: skipped, this machine lacks ${missing.join(" and ")}\n`);
    return [{ passed: 0, failed: 0, skipped: 1 }];
  }
  const built = await command("genuine Kubernetes is built", "/bin/sh", ["scripts/build-kubernetes.sh"]);
  if (built.failed > 0) return [built];
  return [
    built,
    await tests("end-to-end tests on genuine Kubernetes", E2E, { LIQO_TEST_ENGINE: "kubernetes" }),
    await command("both API servers compared", process.execPath, ["test/fidelity/run.ts"]),
  ];
}

function isInPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(join(folder, program)));
}

async function command(name: string, file: string, args: readonly string[]): Promise<Outcome> {
  process.stdout.write(`\n== ${name}\n`);
  const code = await run(file, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** Runs node's test runner with a readable report, and counts from its machine-readable one. */
async function tests(name: string, args: readonly string[], env: Environment = {}): Promise<Outcome> {
  process.stdout.write(`\n== ${name}\n`);
  const report = join(tmpdir(), `tests-${process.pid}-${name.replaceAll(" ", "-")}.tap`);
  const reporters = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
  ];
  const code = await run(process.execPath, ["--test", ...reporters, ...args], env);
  const text = readFileSync(report, "utf8");
  rmSync(report, { force: true });
  const count = (word: string): number => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  // A runner that fails without naming a test (a file that does not load) is a failure all the same.
  return {
    passed: count("pass"),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count("skipped") + count("todo"),
  };
}

function run(file: string, args: readonly string[], env: Environment = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.on("error", (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}
