/** One run: load, fault after fault, and after each a comparison of both clusters. */
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { eventually } from "#kit/eventually.ts";
import { assertTold, type Lost, NOTHING_LOST } from "#kit/truth.ts";
import { largest, type Memory, memoryFaults, memoryNow } from "./check/memory.ts";
import { mirrorFaults } from "./check/mirror.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { Guests } from "./load/guests.ts";
import { Jobs } from "./load/jobs.ts";
import { Shop } from "./load/shop.ts";
import { Things } from "./load/things.ts";
import type { Workload } from "./load/workload.ts";
import { keepLogs } from "./logs.ts";
import { type Step, schedule } from "./schedule.ts";
import { startWorld, type World } from "./world.ts";
import { replaceWornPods } from "./worn-pods.ts";

export const INVARIANTS = ["told", "healed", "mirrored", "kept", "bounded"] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface StepResult {
  readonly step: Step;
  /** Faults that could not be brought about, since another had taken what they act upon. */
  readonly notBegun: readonly string[];
  /** Until all of what was lost was told; undefined: nothing that has to be. */
  readonly toldMs: number | undefined;
  /** From the fault's end until everything worked and both clusters were equal. */
  readonly healedMs: number;
  readonly visits: { readonly failed: number; readonly all: number };
  readonly broken: readonly { readonly invariant: Invariant; readonly what: string }[];
  /** Where the logs of a step are in which something was broken. */
  readonly logs?: string;
}

export interface Result {
  readonly steps: readonly StepResult[];
  readonly minutes: number;
  readonly figures: Readonly<Record<string, number>>;
  /** What there was too little of. */
  readonly missing: readonly string[];
  readonly memory: { readonly before: Memory; readonly after: Memory };
}

export interface Options {
  readonly seed: number;
  readonly minutes: number;
  /** Names of the faults to choose from. */
  readonly among: RegExp;
  /** Ends earlier after so many. */
  readonly mostSteps?: number;
  readonly report: (number: number, result: StepResult) => void;
}

const TOLD_MS = 15_000;
const HEALED_MS = 90_000;
const LOAD_MS = 8_000;
/** Until caches are full and all programs have seen some work. */
const WARM_STEPS = 4;

export async function runChaos(ctx: Context, options: Options): Promise<Result> {
  await using world = await startWorld(ctx);
  await using stack = new AsyncDisposableStack();
  const shop = stack.use(await Shop.open(world));
  const jobs = stack.use(await Jobs.open(world));
  const things = await Things.open(world);
  stack.use(things.loop);
  const guests = new Guests(world);
  stack.use(guests.loop);
  const workloads: Workload[] = [shop, jobs, things, guests];
  const startedMs = performance.now();
  const endMs = startedMs + options.minutes * 60_000;
  const steps: StepResult[] = [];
  let before: Memory = new Map();
  const names = FAULTS.map(({ name }) => name).filter((name) => options.among.test(name));
  if (names.length === 0) throw new Error(`no fault's name matches ${options.among}`);
  for (const step of schedule(options.seed, names)) {
    if (performance.now() >= endMs || steps.length === options.mostSteps || ctx.signal.aborted) break;
    await replaceWornPods(world);
    const title = `seed-${options.seed}-step-${steps.length + 1}`;
    const result = await play(world, title, step, shop, workloads);
    if (ctx.signal.aborted) break;
    const memory = memoryNow(world.folder);
    // A program that has just been restarted holds less than it will.
    if (steps.length <= WARM_STEPS) before = largest(before, memory);
    const grown = memoryFaults(before, memory).map((what) => ({ invariant: "bounded" as const, what }));
    steps.push({ ...result, broken: [...result.broken, ...grown] });
    options.report(steps.length, steps.at(-1) ?? result);
  }
  const minutes = (performance.now() - startedMs) / 60_000;
  const figures = Object.assign({}, ...workloads.map((workload) => workload.figures())) as Record<string, number>;
  const missing = workloads
    .flatMap((workload) => Object.entries(workload.leastPerMinute))
    .filter(([name, least]) => (figures[name] ?? 0) < least * minutes)
    .map(
      ([name, least]) => `${name}: ${figures[name] ?? 0} in ${minutes.toFixed(1)} min, at least ${least} per minute`,
    );
  return { steps, minutes, figures, missing, memory: { before, after: memoryNow(world.folder) } };
}

async function play(
  world: World,
  title: string,
  step: Step,
  shop: Shop,
  workloads: readonly Workload[],
): Promise<StepResult> {
  const faults = step.faults.map(faultOf);
  const begunMs = performance.now();
  const notBegun: string[] = [];
  await delay(LOAD_MS / 2);
  for (const [index, fault] of faults.entries()) {
    if (index > 0) await delay(step.staggerMs);
    await fault.begin(world).catch((error: unknown) => notBegun.push(`${fault.name}: ${messageOf(error)}`));
  }
  const lostMs = performance.now();
  const lost = lostBy(faults);
  const broken: { invariant: Invariant; what: string }[] = [];
  let toldMs: number | undefined;
  try {
    if (lost !== undefined) {
      await eventually("told", () => assertTold(world.clusters, lost), TOLD_MS).then(
        () => (toldMs = performance.now() - lostMs),
        (error: unknown) => broken.push({ invariant: "told", what: messageOf(error) }),
      );
    }
    const longest = Math.max(...faults.map(({ holdMs }) => holdMs));
    await delay(Math.max(0, lostMs + longest - performance.now()));
  } finally {
    for (const fault of faults) await fault.end?.(world);
  }
  const endedMs = performance.now();
  await delay(LOAD_MS / 2);
  for (const { loop } of workloads) await loop.pause();
  broken.push(...(await heal(world, workloads, endedMs + HEALED_MS)));
  const healedMs = performance.now() - endedMs;
  const kept = broken.length === 0 ? undefined : await keepLogs(world, title, begunMs).catch(messageOf);
  for (const { loop } of workloads) loop.resume();
  return {
    step,
    notBegun,
    toldMs,
    healedMs,
    visits: shop.visitsSince(begunMs),
    broken,
    ...(kept !== undefined && { logs: kept }),
  };
}

/** Looks until nothing is wrong, or time is up: then what still is. */
async function heal(world: World, workloads: readonly Workload[], untilMs: number): Promise<StepResult["broken"]> {
  for (;;) {
    const checks: readonly (readonly [Invariant, () => Promise<readonly string[]>])[] = [
      ["healed", () => told(world)],
      ...workloads.map((workload) => [workload.name === "shop" ? "healed" : "kept", () => workload.check()] as const),
      ["mirrored", () => mirrorFaults(world)],
    ];
    const broken: { invariant: Invariant; what: string }[] = [];
    for (const [invariant, check] of checks) {
      const faults = await check().catch((error: unknown) => [messageOf(error)]);
      broken.push(...faults.map((what) => ({ invariant, what })));
    }
    if (broken.length === 0 || performance.now() > untilMs) return broken;
    await delay(500);
  }
}

async function told({ clusters }: World): Promise<string[]> {
  return assertTold(clusters, NOTHING_LOST).then(
    () => [],
    (error: unknown) => [messageOf(error)],
  );
}

/** Undefined unless it can be foretold: with a second fault it can't. */
function lostBy(faults: readonly Fault[]): Lost | undefined {
  const [only, ...others] = faults;
  if (only?.loses === undefined || others.length > 0) return undefined;
  return { ...NOTHING_LOST, ...only.loses };
}

function faultOf(name: string): Fault {
  const fault = FAULTS.find((each) => each.name === name);
  if (fault === undefined) throw new Error(`there is no fault "${name}"`);
  return fault;
}
