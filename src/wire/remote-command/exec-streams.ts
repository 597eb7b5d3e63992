/**
 * What exec and attach are made of, whatever carries them. Kubernetes: apimachinery/pkg/util/remotecommand/constants.go,
 * kubelet's server/remotecommand
 */
import type { Readable, Writable } from "node:stream";

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** How a command ended: by its own exit, or because it could not be run. */
export type ExecResult =
  | { readonly exitCode: number }
  | { readonly error: string; readonly reason?: string; readonly code?: number };

/** The serving side: what the client sends and where its output goes. Absent streams were not asked for. */
export interface ExecStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** The client's terminal sizes, first one first; only with a terminal. */
  readonly resize?: AsyncIterable<TerminalSize>;
  /** Ends when the client has gone. */
  readonly signal: AbortSignal;
  /** Tells the client how it ended, after all output. To be called once. */
  status(result: ExecResult): void;
}

export interface ExecOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Reads the kubelet's query names; `stdin`, `stdout` and `stderr` are understood too. */
export function parseExecOptions(query: URLSearchParams): ExecOptions {
  const isSet = (...names: readonly string[]): boolean =>
    names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));
  const tty = isSet("tty");
  // With a terminal both outputs are one stream.
  return {
    stdin: isSet("input", "stdin"),
    stdout: isSet("output", "stdout"),
    stderr: isSet("error", "stderr") && !tty,
    tty,
  };
}
