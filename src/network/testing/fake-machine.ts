/**
 * A machine for tests without root: what its tools are asked is recorded, what they answer is the test's, time is stepped,
 * and the kernel's files lie in a folder of its own.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import type { Clock } from "#base/clock.ts";
import { RunError } from "#base/run.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import type { Machine } from "../system/machine.ts";
import type { ToolProcess } from "../system/tools.ts";

/** Standard output, a failure, or what makes one of both of the command and its standard input. */
export type Answer = string | Error | ((command: string, input: string) => string | Error);

export interface Call {
  /** `ip -json link show` */
  readonly command: string;
  readonly input: string;
}

export interface FakeProcess extends ToolProcess {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly signals: string[];
  end(): void;
}

export interface FakeMachine<C extends Clock = SteppedClock> extends Machine, Disposable {
  readonly clock: C;
  /** By how a command begins; the longest counts. Whatever has none succeeds and says nothing. */
  readonly answers: Record<string, Answer>;
  readonly calls: Call[];
  readonly processes: FakeProcess[];
  /** The lines of all `ip -batch` since the last time. */
  takeLines(): string[];
  /** The first call that is accepted, past or to come. */
  called(accepts: (call: Call) => boolean): Promise<Call>;
  /** The process number `at` once it is started. */
  started(at: number): Promise<FakeProcess>;
}

export function fakeMachine(answers?: Record<string, Answer>): FakeMachine;
export function fakeMachine<C extends Clock>(answers: Record<string, Answer>, clock: C): FakeMachine<C>;
export function fakeMachine(answers: Record<string, Answer> = {}, clock: Clock = steppedClock()): FakeMachine<Clock> {
  const folder = mkdtempSync(join(tmpdir(), "fake-machine-"));
  const calls: Call[] = [];
  const processes: FakeProcess[] = [];
  const lines: string[] = [];
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const check of changed) check();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = find();
        if (found === undefined) return;
        changed.delete(check);
        resolve(found);
      };
      changed.add(check);
      check();
    });
  return {
    tools: {
      async run(ctx, argv, input = "") {
        const command = argv.join(" ");
        ctx.signal.throwIfAborted();
        calls.push({ command, input });
        if (command === BATCH) lines.push(...input.trim().split("\n"));
        tell();
        const answer = answerTo(answers, command);
        const said = typeof answer === "function" ? answer(command, input) : answer;
        if (said instanceof Error) throw said;
        return said;
      },
      start(argv, env = {}) {
        const process = fakeProcess(argv.join(" "), env);
        processes.push(process);
        tell();
        return process;
      },
    },
    clock,
    sysctls: join(folder, "sysctls"),
    devices: join(folder, "devices"),
    answers,
    calls,
    processes,
    takeLines: () => lines.splice(0),
    called: (accepts) => until(() => calls.find(accepts)),
    started: (at) => until(() => processes[at]),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const BATCH = "ip -force -batch -";

/** How a tool fails. */
export function failed(stderr: string, exitCode = 1): RunError {
  return new RunError("tool", exitCode, stderr);
}

/** Writes files below a folder, by their paths. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

// Ends a test that waits for what never comes; no test passes or fails by how soon something comes.
const DEADLINE_MS = 30_000;
// Longer than a loop gathers what comes together, shorter than anything else.
const AT_ONCE_MS = 50;

/** Lets time pass as fast as it may until `accepts` is true. */
export function passUntil(clock: SteppedClock, accepts: () => boolean | Promise<boolean>): Promise<void> {
  return pass(clock, accepts, Number.POSITIVE_INFINITY);
}

/** As passUntil, but only for what comes at once: whoever would notice only when he looks again next time does not. */
export function soon(clock: SteppedClock, accepts: () => boolean | Promise<boolean>): Promise<void> {
  return pass(clock, accepts, AT_ONCE_MS);
}

async function pass(clock: SteppedClock, accepts: () => boolean | Promise<boolean>, longestMs: number): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!(await accepts())) {
    if (performance.now() > deadlineMs) throw new Error("what is waited for does not come");
    const ms = clock.nextMs();
    if (ms !== undefined && ms <= longestMs) clock.step(ms);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function answerTo(answers: Readonly<Record<string, Answer>>, command: string): Answer {
  const fitting = Object.keys(answers).filter((start) => command.startsWith(start));
  const [longest = ""] = fitting.sort((a, b) => b.length - a.length);
  return answers[longest] ?? "";
}

function fakeProcess(command: string, env: Readonly<Record<string, string>>): FakeProcess {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const signals: string[] = [];
  let isRunning = true;
  const end = (): void => {
    isRunning = false;
    stdout.end();
    stderr.end();
    resolve();
  };
  return {
    ...{ command, env, stdout, stderr, signals, ended, end },
    get isRunning() {
      return isRunning;
    },
    kill(signal) {
      signals.push(signal);
      end();
    },
  };
}
