/**
 * Structured logging: a constant sentence and key/value fields, one JSON object per line.
 * Own code because a logging library costs about 9 MB in each of some thirty processes (docs/dependencies.md).
 */
import { type Clock, systemClock } from "./clock.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A logger that adds `fields` to each line. */
  with(fields: Fields): Logger;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** Receives each finished line, newline included. Default: standard error. */
  readonly write?: (line: string) => void;
  readonly fields?: Fields;
  readonly clock?: Clock;
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLogger(options: LoggerOptions = {}): Logger {
  const threshold = ORDER[options.level ?? "info"];
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const { fields: own = {}, clock = systemClock } = options;
  const at =
    (level: LogLevel) =>
    (message: string, fields?: Fields): void => {
      if (ORDER[level] < threshold) return;
      const entry = { time: new Date(clock.epochMs()).toISOString(), level, msg: message, ...own, ...fields };
      write(`${JSON.stringify(entry, replaceError)}\n`);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLogger({ ...options, fields: { ...own, ...fields } }),
  };
}

/** Logs nothing: for tests and for libraries used without a context of their own. */
export const silentLogger: Logger = createLogger({ write: () => undefined });

function replaceError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const cause = value.cause instanceof Error ? `: ${value.cause.message}` : "";
  return `${value.message}${cause}`;
}
