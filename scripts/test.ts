/**
 * Runs the parts that the arguments name, first those of one process each beside each other, then the others one after
 * the other, and closes with "N passed, N failed": lint and types count
 * as one each, tests as themselves. A file of tests that fails is run once more, alone: what passes then is listed as flaky
 * before the closing line, with its first log kept, and more than three of them fail. `coverage` is `unit`, and tells
 * which lines were run: that takes twice the time. `system` is the tests beside the code
 * that need root: namespaces, cgroups, the kernel's tables. `long` is the end-to-end tests that go through a whole list of
 * cases or a whole application, for minutes each; `e2e` is the others. `kubernetes` is a part of the end-to-end tests on genuine
 * Kubernetes (`make test-kubernetes`: all of them, in an hour) and the comparison of the two API servers, where the machine
 * can: as root, with Go to build it or with its programs. `interop`
 * is our Liqo beside upstream's, where `LIQO_UPSTREAM` names upstream's programs and chart.
 */
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { byFolder, coverageTable, parseLcov } from "./lcov.ts";
import { CHAOS, COVERED, genuineSuites, INTEROP, longSuites, type Suite, SYSTEM, shortSuites, UNIT } from "./suites.ts";
import { type Failures, failuresByFile, filesToRepeat, longest, type Timed } from "./tap.ts";

type Environment = Readonly<Record<string, string>>;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly flaky?: readonly Flaky[];
  /** Tests that took long. */
  readonly long?: readonly Timed[];
}

interface Flaky {
  readonly file: string;
  readonly log: string;
}

const MOST_FLAKY = 3;
const LONG_SECONDS = 20;

const root = join(import.meta.dirname, "..");
// Each loads what it tests, and keeps a processor busy two thirds of the time; the more there are, the later one is alone.
const SHARDS = Math.min(6, 2 * availableParallelism());
// They need neither root nor the machine for themselves.
const BESIDE_EACH_OTHER: readonly string[] = ["check", "unit", "coverage"];
const PARTS: Readonly<Record<string, () => Promise<Outcome[]>>> = {
  check: async () => [
    await quietly("format and lint", "node_modules/.bin/biome", ["check", ".", "--diagnostic-level=error"]),
    await quietly("types", "node_modules/.bin/tsc", ["--noEmit"]),
    await quietly("types of the dashboard's page", "node_modules/.bin/tsc", ["--noEmit", "-p", "src/dashboard/web"]),
    await quietly("exports, files and packages that nobody uses", "node_modules/.bin/knip", [
      "--cache",
      "--cache-location=.build/knip",
    ]),
  ],
  unit: () => unitTests(() => [], { NODE_COMPILE_CACHE: join(root, ".build/compile-cache") }),
  coverage: async () => {
    mkdirSync(join(root, ".build/coverage"), { recursive: true });
    const outcomes = await unitTests(coverageArguments);
    showCoverage();
    return outcomes;
  },
  system: async () => [await tests("tests that need root", SYSTEM)],
  e2e: () => endToEnd(shortSuites("end-to-end tests")),
  long: () => endToEnd(longSuites("long end-to-end tests")),
  interop: besideUpstream,
  kubernetes: onKubernetes,
};

const parts = process.argv.slice(2).map((name) => {
  const run = PARTS[name];
  if (run === undefined) throw new Error(`there is no part ${name}; allowed: ${Object.keys(PARTS).join(", ")}`);
  return { name, run };
});
const beside = parts.filter(({ name }) => BESIDE_EACH_OTHER.includes(name));
const took: Timed[] = [];
const together = beside.map(({ name }) => name).join(", ");
const outcomes = (await timed(together, () => Promise.all(beside.map(({ run }) => run())))).flat();
// Beside the end-to-end tests, which wait more than they work; they go first.
const kubernetesBuild = parts.some(({ name }) => name === "kubernetes") ? buildKubernetes() : undefined;
for (const { name, run } of parts) if (!BESIDE_EACH_OTHER.includes(name)) outcomes.push(...(await timed(name, run)));
showTimes();
const sum = (of: "passed" | "failed" | "skipped"): number =>
  outcomes.reduce((total, outcome) => total + outcome[of], 0);
const flaky = outcomes.flatMap((outcome) => outcome.flaky ?? []);
for (const { file, log } of flaky)
  process.stdout.write(`\nflaky: ${file} failed, and passed when it was run alone; its log: ${log}\n`);
const failed = sum("failed") + (flaky.length > MOST_FLAKY ? flaky.length : 0);
const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
process.stdout.write(`\n${sum("passed")} passed, ${failed} failed${skipped}\n`);
process.exit(failed === 0 ? 0 : 1);

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const begunMs = performance.now();
  const result = await run();
  if (name !== "") took.push({ name, seconds: (performance.now() - begunMs) / 1_000 });
  return result;
}

function showTimes(): void {
  const lines = (times: readonly Timed[]): string =>
    times.map(({ name, seconds }) => `${seconds.toFixed(0).padStart(6)} s  ${name}\n`).join("");
  const long = outcomes.flatMap((outcome) => outcome.long ?? []);
  process.stdout.write(`\n== how long it took\n${lines(took)}tests of ${LONG_SECONDS} s and more:\n${lines(long)}`);
}

function lcovOf(shard: number): string {
  return join(root, `.build/coverage/lcov-${shard}.info`);
}

function coverageArguments(shard: number): string[] {
  return [
    "--experimental-test-coverage",
    "--test-reporter=lcov",
    `--test-reporter-destination=${lcovOf(shard)}`,
    `--test-coverage-include=${COVERED}`,
    "--test-coverage-exclude=**/*.test.ts",
  ];
}

/** In as many processes as the machine has processors, each with a part of the files. */
async function unitTests(own: (shard: number) => string[], env: Environment = {}): Promise<Outcome[]> {
  const shards = Array.from({ length: SHARDS }, (_, index) => index + 1);
  const attempts = await Promise.all(
    shards.map((shard) =>
      attempt(
        `unit tests, part ${shard} of ${SHARDS}`,
        [`--test-shard=${shard}/${SHARDS}`, ...own(shard), ...UNIT],
        env,
      ),
    ),
  );
  const outcomes: Outcome[] = [];
  for (const each of attempts) outcomes.push(await withoutFlaky(each));
  return outcomes;
}

/** How much of the product and the engine the unit tests run: end-to-end tests run most of it, and hold no edge case. */
function showCoverage(): void {
  const files = globSync(COVERED, {
    cwd: root,
    exclude: ["**/*.{test,system-test}.ts", "**/testing/**", "**/gen/**"],
  }).map((file) => ({
    file,
    lines: readFileSync(join(root, file), "utf8").split("\n").length,
  }));
  const covered = parseLcov(...Array.from({ length: SHARDS }, (_, index) => readFileSync(lcovOf(index + 1), "utf8")));
  process.stdout.write(`\n== lines that unit tests run\n${coverageTable(byFolder(covered, files))}\n`);
}

/** Two at a time, for they wait more than they work; genuine Kubernetes uses the processors to the full. */
async function endToEnd(suites: readonly Suite[]): Promise<Outcome[]> {
  const alone = suites.filter(([, args]) => args.includes(CHAOS));
  const others = suites.filter((suite) => !alone.includes(suite));
  const atATime = process.env["LIQO_TEST_ENGINE"] === "kubernetes" ? 1 : 2;
  return [...(await inTurns(alone, 1)), ...(await inTurns(others, atATime))];
}

/** So many at a time, each as soon as another has ended; what fails is repeated when all have. */
async function inTurns(suites: readonly Suite[], atATime: number, env: Environment = {}): Promise<Outcome[]> {
  const left = [...suites];
  const attempted: Attempt[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      attempted.push(await attempt(next[0], next[1], env));
  };
  await Promise.all(Array.from({ length: atATime }, work));
  const outcomes: Outcome[] = [];
  for (const each of attempted) outcomes.push(await withoutFlaky(each, env));
  return outcomes;
}

async function besideUpstream(): Promise<Outcome[]> {
  if (process.env["LIQO_UPSTREAM"] !== undefined) return [await tests("beside upstream Liqo", INTEROP)];
  const missing = "LIQO_UPSTREAM names no folder with its programs (bin/) and chart (chart/)";
  process.stdout.write(`\n== beside upstream Liqo: skipped, ${missing}\n`);
  return [{ passed: 0, failed: 0, skipped: 1 }];
}

function lackingForKubernetes(): string[] {
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...(isInPath("go") || process.env["LIQO_KUBERNETES_BIN"] !== undefined ? [] : ["Go"]),
  ];
}

async function buildKubernetes(): Promise<Outcome | undefined> {
  if (lackingForKubernetes().length > 0) return undefined;
  return quietly("genuine Kubernetes is built", "nice", ["-n", "19", "/bin/sh", "scripts/build-kubernetes.sh"]);
}

async function onKubernetes(): Promise<Outcome[]> {
  const built = await kubernetesBuild;
  if (built === undefined) {
    const missing = lackingForKubernetes().join(" and ");
    process.stdout.write(`\n== genuine Kubernetes: skipped, this machine lacks ${missing}\n`);
    return [{ passed: 0, failed: 0, skipped: 1 }];
  }
  if (built.failed > 0) return [built];
  return [
    built,
    ...(await inTurns(genuineSuites("end-to-end tests on genuine Kubernetes"), 1, { LIQO_TEST_ENGINE: "kubernetes" })),
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

/** As `command`, what it prints in one piece at its end: others print meanwhile. */
async function quietly(name: string, file: string, args: readonly string[]): Promise<Outcome> {
  const { code, output } = await capture(file, args);
  process.stdout.write(`\n== ${name}\n${output}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** Runs node's test runner with a readable report, and counts from its machine-readable one. */
async function tests(name: string, args: readonly string[], env: Environment = {}): Promise<Outcome> {
  return withoutFlaky(await attempt(name, args, env), env);
}

interface Attempt {
  readonly args: readonly string[];
  readonly outcome: Outcome;
  readonly failures: ReadonlyMap<string, Failures>;
}

async function attempt(name: string, args: readonly string[], env: Environment = {}): Promise<Attempt> {
  process.stdout.write(`\n== ${name}\n`);
  const { code, tap } = await runTests(name, args, env);
  const count = (word: string): number => countOf(tap, word);
  const failed = count("fail") + count("cancelled");
  const outcome = {
    passed: count("pass"),
    // A runner that fails without naming a test (a file that does not load) is a failure all the same.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count("skipped") + count("todo"),
    long: longest(tap, LONG_SECONDS),
  };
  return { args, outcome, failures: failuresByFile(tap) };
}

function countOf(tap: string, word: string): number {
  return Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
}

/** Runs each file that failed once more, alone, and takes what passes then for passed. */
async function withoutFlaky({ args, outcome, failures }: Attempt, env: Environment = {}): Promise<Outcome> {
  if (outcome.failed === 0) return outcome;
  const flaky: Flaky[] = [];
  let recovered = 0;
  const patterns = args.filter((arg) => !arg.startsWith("-"));
  const ran = globSync(patterns, { cwd: root }).map((file) => {
    const path = join(root, file);
    return { path, text: readFileSync(path, "utf8") };
  });
  for (const [path, { count, text }] of failures) {
    const file = relative(root, path);
    const files = filesToRepeat(path, ran).map((each) => relative(root, each));
    process.stdout.write(`\n== once more, alone: ${files.join(" ")}\n`);
    const again = ["--test-force-exit", "--test-concurrency=1", ...files];
    const { code, tap } = await runTests(`again-${basename(file)}`, again, env);
    // A file without tests passes, too.
    if (files.length === 0 || code !== 0 || countOf(tap, "pass") === 0) continue;
    const log = join(root, ".build", "flaky", `${basename(file)}.${process.pid}.log`);
    mkdirSync(join(root, ".build", "flaky"), { recursive: true });
    writeFileSync(log, text);
    flaky.push({ file, log });
    recovered += count;
  }
  const { passed, failed, skipped, long = [] } = outcome;
  // All recovered: whatever the report called cancelled because of them is, too.
  const left = flaky.length === failures.size && flaky.length > 0 ? 0 : Math.max(1, failed - recovered);
  return { passed: passed + failed - left, failed: left, skipped, flaky, long };
}

async function runTests(
  name: string,
  args: readonly string[],
  env: Environment,
): Promise<{ readonly code: number; readonly tap: string }> {
  const report = join(tmpdir(), `tests-${process.pid}-${name.replaceAll(" ", "-")}.tap`);
  const reporters = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${report}`,
  ];
  const code = await run(process.execPath, ["--test", ...reporters, ...args], env);
  const tap = readFileSync(report, "utf8");
  rmSync(report, { force: true });
  return { code, tap };
}

function capture(file: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => resolve({ code: 127, output: `${file}: ${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
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
