/**
 * Containers by runc under conmon: conmon writes the CRI log, holds the terminal and records the exit code, so that
 * containers neither notice nor survive incompletely when the node agent ends. CRI-O: internal/oci/runtime_oci.go
 */
import { spawn } from "node:child_process";
import {
  existsSync,
  type FSWatcher,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { hasCode } from "#base/errors.ts";
import { run } from "#base/run.ts";
import type { ContainerRuntime, CreateOptions, Exit } from "./container-runtime.ts";
import { ATTACH_BRIDGE } from "./perl-bridges.ts";

export interface RuntimeOptions {
  /** Private to one node agent. */
  readonly directory: string;
  /** Default: runc. */
  readonly runtime?: string;
  /** Default: the one in the path. */
  readonly conmon?: string;
}

const CREATE_DEADLINE_MS = 20_000;

/** Refusals by the runtime, with its own message. */
class RuntimeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
  }
}

export class Runtime implements ContainerRuntime {
  readonly #directory: string;
  readonly #runtime: string;
  readonly #conmon: string;
  readonly #watcher: FSWatcher;

  /** `onExit` is told of each container that ends from now on; ask `findExit` for those that ended before. */
  constructor(options: RuntimeOptions, onExit: (id: string) => void) {
    this.#directory = options.directory;
    this.#runtime = options.runtime ?? findRuntime();
    this.#conmon = options.conmon ?? "conmon";
    for (const folder of ["exits", "runc", "containers"]) mkdirSync(join(this.#directory, folder), { recursive: true });
    this.#watcher = watch(this.#exits, (_event, file) => {
      if (file !== null && existsSync(join(this.#exits, file))) onExit(file);
    });
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  get #exits(): string {
    return join(this.#directory, "exits");
  }

  bundle(id: string): string {
    return join(this.#directory, "containers", id);
  }

  rootfs(id: string): string {
    return join(this.bundle(id), "rootfs");
  }

  list(): string[] {
    return readdirSync(join(this.#directory, "containers"));
  }

  async start(ctx: Context, options: CreateOptions): Promise<number> {
    const bundle = this.bundle(options.id);
    writeFileSync(join(bundle, "config.json"), JSON.stringify(options.spec));
    const pid = await this.#create(ctx, bundle, options);
    try {
      await this.#call(ctx, ["start", options.id]);
    } catch (cause) {
      await this.remove(options.id);
      throw new RuntimeError(`start container "${options.name}": ${startFailure(cause)}`, { cause });
    }
    return pid;
  }

  async signal(ctx: Context, id: string, signal: string): Promise<void> {
    try {
      await this.#call(ctx, ["kill", id, signal]);
    } catch (error) {
      if (this.findExit(id) === undefined && this.isAlive(id)) throw error;
    }
  }

  pidOf(id: string): number {
    return Number(readFileSync(join(this.bundle(id), "pidfile"), "utf8"));
  }

  isAlive(id: string): boolean {
    try {
      const pid = this.pidOf(id);
      return (
        readFileSync(`/proc/${pid}/cgroup`, "utf8") !== "" &&
        !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
      );
    } catch (error) {
      if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return false;
      throw error;
    }
  }

  findExit(id: string): Exit | undefined {
    const path = join(this.#exits, id);
    try {
      const code = Number(readFileSync(path, "utf8"));
      const finishedAt = `${statSync(path).mtime.toISOString().slice(0, 19)}Z`;
      return { code, finishedAt, outOfMemory: existsSync(join(this.bundle(id), "oom")) };
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    await run(this.#runtime, [...this.#globals, "delete", "--force", id], { timeoutMs: CREATE_DEADLINE_MS });
    rmSync(join(this.#exits, id), { force: true });
    // The root over an image's layers; already gone after the machine was off.
    if (existsSync(join(this.bundle(id), "upper")))
      await run("umount", ["--lazy", this.rootfs(id)], { timeoutMs: CREATE_DEADLINE_MS }).catch(() => undefined);
    rmSync(this.bundle(id), { force: true, recursive: true });
  }

  execCommand(id: string, processFile: string, how: { readonly tty: boolean; readonly pidFile: string }): string[] {
    const flags = [...(how.tty ? ["--tty"] : []), "--pid-file", how.pidFile, "--process", processFile];
    return [this.#runtime, ...this.#globals, "exec", ...flags, id];
  }

  attachCommand(id: string): string[] {
    return ["perl", "-e", ATTACH_BRIDGE, "--", this.bundle(id)];
  }

  resize(id: string, rows: number, columns: number): void {
    // Of conmon: 1 is the kind of the message.
    writeFileSync(join(this.bundle(id), "ctl"), `1 ${rows} ${columns}\n`, { flag: "a" });
  }

  get #globals(): string[] {
    return ["--root", join(this.#directory, "runc")];
  }

  #call(ctx: Context, args: readonly string[]): Promise<unknown> {
    return run(this.#runtime, [...this.#globals, ...args], { timeoutMs: CREATE_DEADLINE_MS, signal: ctx.signal });
  }

  #create(ctx: Context, bundle: string, o: CreateOptions): Promise<number> {
    const flags = [
      ...(o.tty ? ["-t"] : []),
      ...(o.stdin ? ["-i"] : []),
      ...(o.stdin && !o.stdinOnce ? ["--leave-stdin-open"] : []),
    ];
    const args = [
      ...["-b", bundle, "-c", o.id, "-u", o.id, "-n", o.name, "-l", o.logPath, "--exit-dir", this.#exits],
      ...["-p", join(bundle, "pidfile"), "-P", join(bundle, "conmon-pid"), "--full-attach"],
      ...["-r", this.#runtime, ...this.#globals.flatMap((arg) => ["--runtime-arg", arg]), "--no-sync-log", ...flags],
    ];
    // Its own environment on purpose: nothing of the node agent's may leak into what conmon starts.
    const env = { PATH: process.env["PATH"], _OCI_SYNCPIPE: "3" };
    // It reports that memory ran out by a file in its working directory.
    const child = spawn(this.#conmon, args, {
      ...{ cwd: bundle, env, signal: ctx.signal },
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    return readSyncPipe(child, o.name);
  }
}

/** conmon answers `{"pid": n}`, or a negative pid and the runtime's message. */
function readSyncPipe(child: ReturnType<typeof spawn>, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      reject(new RuntimeError(`create container "${name}": ${why}`, { cause }));
    };
    // biome-ignore lint/plugin: the deadline of another program, by the machine
    const timer = setTimeout(() => fail(`conmon did not answer within ${CREATE_DEADLINE_MS} ms`), CREATE_DEADLINE_MS);
    const pipe = child.stdio[3];
    let text = "";
    child.on("error", (error) => fail(error.message, error));
    if (pipe === null || pipe === undefined || !("on" in pipe)) return fail("no sync pipe");
    pipe.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes("\n")) return;
      clearTimeout(timer);
      pipe.removeAllListeners();
      if ("destroy" in pipe) pipe.destroy();
      const answer = parseAnswer(text);
      if (typeof answer === "number") resolve(answer);
      else fail(answer);
    });
    pipe.on("end", () => fail("conmon ended without an answer"));
  });
}

/** The process, or why there is none. */
function parseAnswer(text: string): number | string {
  try {
    const { pid, data, message } = JSON.parse(text) as { pid?: number; data?: number; message?: string };
    const process = pid ?? data ?? -1;
    return process > 0 ? process : runtimeMessage(message ?? "unknown failure");
  } catch {
    return `conmon answered ${JSON.stringify(text.trim())}`;
  }
}

/** The part of runc's log lines that says what happened. */
function runtimeMessage(text: string): string {
  return (/msg="((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replaceAll('\\"', '"') ?? text).trim();
}

function startFailure(cause: unknown): string {
  return cause instanceof Error && "stderr" in cause ? runtimeMessage(String(cause.stderr)) : String(cause);
}

function findRuntime(): string {
  const places = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/bin/crun"];
  const found = places.find((path) => existsSync(path));
  if (found === undefined)
    throw new RuntimeError("find container runtime: neither runc nor crun is installed; apt-get install runc");
  return found;
}
