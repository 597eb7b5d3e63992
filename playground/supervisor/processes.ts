/**
 * Keeps processes running: starts them, adopts those that an earlier supervisor started, restarts what died, later and
 * later when it keeps dying. A process is known by pid and start time, so that a reused pid is never mistaken for it.
 */

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Backoff } from "#base/backoff.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { hasCode } from "#base/errors.ts";

export interface ProcessSpec {
  /** `milan.apiserver`: unique in the playground, names pid and log file. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Running {
  readonly spec: ProcessSpec;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export interface PidRecord {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat. */
  readonly startTime: string;
}

const POLL_MS = 500;
const STOP_GRACE_MS = 3_000;
const KILL_GRACE_MS = 1_000;

export class Processes {
  readonly #ctx: Context;
  readonly #runFolder: string;
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();

  constructor(ctx: Context, runFolder: string, clock = systemClock) {
    this.#ctx = ctx;
    this.#runFolder = runFolder;
    this.#clock = clock;
    mkdirSync(runFolder, { recursive: true });
  }

  /** Makes the set of running processes equal to `wanted`; a changed command restarts its process. */
  async ensure(wanted: readonly ProcessSpec[]): Promise<void> {
    const names = new Map(wanted.map((spec) => [spec.name, spec]));
    const obsolete = [...this.#running.values()].filter(
      ({ spec }) => JSON.stringify(names.get(spec.name)) !== JSON.stringify(spec),
    );
    await Promise.all(obsolete.map((running) => this.#end(running)));
    // Left by an earlier supervisor and no longer wanted.
    const left = listRecords(this.#runFolder).filter((name) => !names.has(name) && !this.#running.has(name));
    await Promise.all(left.map((name) => killRecorded(this.#runFolder, name)));
    for (const spec of wanted) if (!this.#running.has(spec.name)) this.#start(spec);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => this.#end(running)));
  }

  #start(spec: ProcessSpec): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#ctx.signal, stop.signal]);
    const done = this.#keep({ signal, log: this.#ctx.log.with({ process: spec.name }) }, spec);
    this.#running.set(spec.name, { spec, stop, done });
  }

  async #end(running: Running): Promise<void> {
    this.#running.delete(running.spec.name);
    running.stop.abort();
    await running.done;
    await killRecorded(this.#runFolder, running.spec.name);
  }

  async #keep(ctx: Context, spec: ProcessSpec): Promise<void> {
    const backoff = new Backoff({ baseMs: 100, maxMs: 10_000 });
    while (!ctx.signal.aborted) {
      const startedAt = this.#clock.nowMs();
      const found = findRecord(this.#runFolder, spec.name);
      if (found !== undefined && isAlive(found)) await untilDead(ctx, found);
      else await this.#launch(ctx, spec);
      if (ctx.signal.aborted) return;
      if (this.#clock.nowMs() - startedAt > 30_000) backoff.reset();
      const delayMs = backoff.nextMs();
      ctx.log.warn("process ended, starting it again", { delayMs: Math.round(delayMs) });
      await sleep(ctx, delayMs, this.#clock);
    }
  }

  /** Starts the process and resolves when it has ended or the context has. */
  async #launch(ctx: Context, spec: ProcessSpec): Promise<void> {
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const log = openSync(spec.logFile, "a");
    // Its file 3: the way to the machine's network from whichever namespace the command enters.
    const machineNetwork = openSync("/proc/self/ns/net", "r");
    const [file, ...args] = spec.command;
    // Detached: a supervisor that is killed leaves its processes running.
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log, log, machineNetwork],
      env: { ...process.env, ...spec.env },
    });
    closeSync(log);
    closeSync(machineNetwork);
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", (error) => {
        ctx.log.error("process not started", { error: error.message });
        resolve();
      });
      ctx.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const startTime = child.pid === undefined ? undefined : startTimeOf(child.pid);
    if (child.pid !== undefined && startTime !== undefined)
      writeRecord(this.#runFolder, spec.name, { pid: child.pid, startTime });
    child.unref();
    await ended;
  }
}

/** Ends a process by its record: SIGTERM, then, after `graceMs`, SIGKILL; the record goes with it. */
export async function killRecorded(runFolder: string, name: string, graceMs = STOP_GRACE_MS): Promise<void> {
  const record = findRecord(runFolder, name);
  if (record !== undefined && isAlive(record)) {
    signalProcess(record, "SIGTERM");
    // A halted process cannot follow.
    if (!isHalted(record)) await untilGone(record, graceMs);
    if (isAlive(record)) signalProcess(record, "SIGKILL");
    // What it holds open is in use until it is gone.
    await untilGone(record, KILL_GRACE_MS);
  }
  rmSync(join(runFolder, `${name}.pid`), { force: true });
}

async function untilGone(record: PidRecord, timeoutMs: number, clock: Clock = systemClock): Promise<void> {
  const untilMs = clock.nowMs() + timeoutMs;
  const never = { signal: new AbortController().signal };
  while (isAlive(record) && clock.nowMs() < untilMs) await sleep(never, 20, clock);
}

export function listRecords(runFolder: string): string[] {
  try {
    return readdirSync(runFolder)
      .filter((file) => file.endsWith(".pid"))
      .map((file) => file.slice(0, -4));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

export function findRecord(runFolder: string, name: string): PidRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(runFolder, `${name}.pid`), "utf8")) as PidRecord;
  } catch {
    // Absent, or cut short by a crash: then the process is not known.
    return undefined;
  }
}

export function writeRecord(runFolder: string, name: string, record: PidRecord): void {
  mkdirSync(runFolder, { recursive: true });
  writeFileSync(join(runFolder, `${name}.pid`), JSON.stringify(record));
}

export function isAlive({ pid, startTime }: PidRecord): boolean {
  return startTimeOf(pid) === startTime;
}

/** Whether it is there, but was told to stop (SIGSTOP) and does nothing. */
export function isHalted(record: PidRecord): boolean {
  return isAlive(record) && statOf(record.pid)?.[0] === "T";
}

/** Undefined when there is no such process, or only its zombie. */
export function startTimeOf(pid: number): string | undefined {
  const fields = statOf(pid);
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

/** The fields of /proc/<pid>/stat from the third, the state, on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function signalProcess({ pid }: PidRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

async function untilDead(ctx: Context, record: PidRecord): Promise<void> {
  while (!ctx.signal.aborted && isAlive(record)) await sleep(ctx, POLL_MS);
}
