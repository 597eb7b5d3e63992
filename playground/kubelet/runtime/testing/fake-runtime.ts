/**
 * Containers in memory: a test says when one ends, and with what. Commands in a container are run on this machine, as they are.
 * What runs outlives `openRuntime`, as under conmon: the next node agent of the same fake finds it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { ContainerRuntime, CreateOptions, Exit } from "../container-runtime.ts";

// Ends a test that waits for what never comes.
const DEADLINE_MS = 60_000;

/** What a container was started with, as runc reads it. */
export interface StartedSpec {
  readonly process: { readonly args: readonly string[]; readonly env: readonly string[]; readonly cwd: string };
  readonly mounts: readonly { readonly destination: string; readonly source?: string; readonly options?: string[] }[];
  readonly linux: { readonly namespaces: readonly { readonly type: string; readonly path?: string }[] };
}

export class FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly options: CreateOptions;
  /** Sent to it until now. */
  readonly signals: string[] = [];
  readonly #world: FakeRuntime;

  constructor(world: FakeRuntime, options: CreateOptions) {
    this.#world = world;
    this.id = options.id;
    this.name = options.name;
    this.options = options;
  }

  get spec(): StartedSpec {
    return this.options.spec as StartedSpec;
  }

  log(text: string): void {
    const lines = text.split("\n").map((line) => `${timestamp(this.#world.clock.epochMs())} stdout F ${line}\n`);
    writeFileSync(this.options.logPath, lines.join(""), { flag: "a" });
  }

  exit(code: number, outOfMemory = false): void {
    const finishedAt = timestamp(this.#world.clock.epochMs());
    this.#world.end(this.id, { code, finishedAt, outOfMemory });
  }

  /** As if it and its conmon had been killed: nobody writes down how it ended. */
  vanish(): void {
    this.#world.end(this.id, undefined);
  }
}

export class FakeRuntime {
  readonly clock: Clock;
  /** What a container does about a signal. Default: SIGKILL ends it, and any other ends it with 0. */
  onSignal: (container: FakeContainer, signal: string) => void = (container, signal) =>
    container.exit(signal === "SIGKILL" ? 137 : 0);
  /** Throws what the runtime refuses to start. */
  onStart: (options: CreateOptions) => void = () => undefined;
  readonly #alive = new Map<string, FakeContainer>();
  readonly #exits = new Map<string, Exit>();
  readonly #started: FakeContainer[] = [];
  readonly #waiting = new Set<() => void>();
  #onExit: (id: string) => void = () => undefined;
  #taken = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The names of the containers that run, in the order of their starts. */
  get running(): string[] {
    return [...this.#alive.values()].map(({ name }) => name);
  }

  /** Of all containers ever started, in that order. */
  get started(): string[] {
    return this.#started.map(({ name }) => name);
  }

  /** The next container that starts and has not been asked for before; it has to be the one of that name. */
  async next(name: string): Promise<FakeContainer> {
    const container = await this.until(() => this.#started[this.#taken]);
    this.#taken++;
    if (container.name !== name) throw new Error(`${container.name} started instead of ${name}`);
    return container;
  }

  /** Resolves when the container has been sent the signal. */
  async signalled(container: FakeContainer, signal: string): Promise<void> {
    await this.until(() => (container.signals.includes(signal) ? signal : undefined));
  }

  /** Looks again at each start, signal and end. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing happens; started: ${this.started}; running: ${this.running}`)),
        DEADLINE_MS,
      );
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  end(id: string, exit: Exit | undefined): void {
    if (!this.#alive.delete(id)) return;
    if (exit !== undefined) {
      this.#exits.set(id, exit);
      this.#onExit(id);
    }
    this.#look();
  }

  open(directory: string, onExit: (id: string) => void): ContainerRuntime {
    const bundle = (id: string): string => join(directory, "containers", id);
    mkdirSync(join(directory, "containers"), { recursive: true });
    this.#onExit = onExit;
    return {
      bundle,
      rootfs: (id) => join(bundle(id), "rootfs"),
      list: () => readdirSync(join(directory, "containers")),
      start: async (_ctx, options) => this.#start(bundle(options.id), options),
      signal: async (_ctx, id, signal) => this.#signal(id, signal),
      pidOf: (id) => (this.#alive.has(id) ? process.pid : 0),
      isAlive: (id) => this.#alive.has(id),
      findExit: (id) => this.#exits.get(id),
      remove: async (id) => {
        this.end(id, { code: 137, finishedAt: timestamp(this.clock.epochMs()), outOfMemory: false });
        this.#exits.delete(id);
        rmSync(bundle(id), { recursive: true, force: true });
      },
      execCommand: (_id, processFile, { pidFile }) => {
        const { args } = JSON.parse(readFileSync(processFile, "utf8")) as { args: string[] };
        return ["sh", "-c", 'echo $$ > "$0"; exec "$@"', pidFile, ...args];
      },
      attachCommand: () => ["cat"],
      resize: (id, rows, columns) => writeFileSync(join(bundle(id), "size"), `${rows} ${columns}`),
      [Symbol.dispose]: () => {
        this.#onExit = () => undefined;
      },
    };
  }

  #start(bundle: string, options: CreateOptions): number {
    this.onStart(options);
    mkdirSync(bundle, { recursive: true });
    mkdirSync(dirname(options.logPath), { recursive: true });
    writeFileSync(join(bundle, "config.json"), JSON.stringify(options.spec));
    writeFileSync(options.logPath, "");
    const container = new FakeContainer(this, options);
    this.#alive.set(options.id, container);
    this.#started.push(container);
    this.#look();
    return process.pid;
  }

  #signal(id: string, signal: string): void {
    const container = this.#alive.get(id);
    if (container === undefined) return;
    container.signals.push(signal);
    this.onSignal(container, signal);
    this.#look();
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
