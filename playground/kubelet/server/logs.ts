/** Reads a container's log file as `kubectl logs` wants it. Kubernetes: pkg/kubelet/kuberuntime/logs/logs.go (ReadLogs) */
import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { type CriLogLine, decodeCriLogLine } from "#wire/cri-log.ts";

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly limitBytes?: number;
}

const BLOCK_BYTES = 65_536;
// inotify tells of new lines; the end of a container is looked for this often.
const POLL_MS = 500;

export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const tailLines = number("tailLines");
  const sinceSeconds = number("sinceSeconds");
  const limitBytes = number("limitBytes");
  const sinceTime = query.get("sinceTime");
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime === null ? undefined : Date.parse(sinceTime);
  return {
    follow: query.get("follow") === "true" || query.get("follow") === "1",
    timestamps: query.get("timestamps") === "true" || query.get("timestamps") === "1",
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(limitBytes !== undefined && { limitBytes }),
  };
}

/** What one line of the file contributes to the answer. */
function renderLine(line: CriLogLine, options: LogOptions): string {
  if (options.sinceMs !== undefined && Date.parse(line.time) < options.sinceMs) return "";
  return `${options.timestamps ? `${line.time} ` : ""}${line.text}${line.final ? "\n" : ""}`;
}

/** Writes the log until its end, or while `isRunning` when following. */
export async function sendLog(
  ctx: Context,
  path: string,
  options: LogOptions,
  to: { readonly output: Writable; readonly isRunning: () => boolean; readonly clock: Clock },
): Promise<void> {
  await using file = await open(path, "r");
  let position = options.tailLines === undefined ? 0 : await tailPosition(file, options.tailLines);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let pending = "";
  const decoder = new StringDecoder("utf8");
  const buffer = Buffer.alloc(BLOCK_BYTES);
  let wasRunning = true;
  while (!ctx.signal.aborted && left > 0) {
    const { bytesRead } = await file.read(buffer, 0, BLOCK_BYTES, position);
    if (bytesRead === 0) {
      // One more look after the end: the last lines are written before the exit is known.
      if (!options.follow || !wasRunning) return;
      wasRunning = to.isRunning();
      if (wasRunning) await changeOf(ctx, path, to.clock);
      continue;
    }
    position += bytesRead;
    const lines = (pending + decoder.write(buffer.subarray(0, bytesRead))).split("\n");
    pending = lines.pop() ?? "";
    const text = lines.map((line) => renderOrSkip(line, options)).join("");
    const chunk = Buffer.from(text).subarray(0, left);
    left -= chunk.length;
    if (!to.output.write(chunk)) await drained(ctx, to.output);
  }
}

function renderOrSkip(text: string, options: LogOptions): string {
  const line = decodeCriLogLine(text);
  return line === undefined ? "" : renderLine(line, options);
}

/** Where the last `count` lines begin. */
async function tailPosition(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(BLOCK_BYTES);
  // The line feed that ends the file ends its last line.
  let feeds = -1;
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      if (buffer[index] !== 10) continue;
      feeds++;
      if (feeds === count) return start + index + 1;
    }
  }
  return count === 0 ? size : 0;
}

async function changeOf(ctx: Context, path: string, clock: Clock): Promise<void> {
  const { ctx: waiting, cancel } = withCancel(ctx);
  const watcher = watch(path, cancel);
  await sleep(waiting, POLL_MS, clock);
  watcher.close();
}

function drained(ctx: Context, output: Writable): Promise<void> {
  return new Promise((resolve) => {
    output.once("drain", resolve);
    output.once("close", resolve);
    ctx.signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
