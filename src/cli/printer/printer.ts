/**
 * How commands speak: one line per step with its scope, closed when it is done; colours and a moving line only on a
 * terminal. Upstream: pkg/liqoctl/output
 */
import type { Clock } from "#base/clock.ts";

export type Scope = "local" | "remote" | "global";

export interface Printer {
  /** Whether results may have colours: a person reads them. */
  readonly isColoured: boolean;
  /** Runs `work` as one step: shown while it runs, closed with its result or its error. */
  step<T>(scope: Scope, text: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  success(scope: Scope, text: string): void;
  info(scope: Scope, text: string): void;
  warning(scope: Scope, text: string): void;
  /** The command's result, on standard output. */
  print(text: string): void;
}

export interface PrinterOptions {
  readonly terminal: boolean;
  /** Whether `print` leads to a terminal; default: it does not. */
  readonly isPrintColoured?: boolean;
  readonly write: (text: string) => void;
  readonly print: (text: string) => void;
  readonly clock: Clock;
  /** Names shown for the scopes; default local, remote, global. */
  readonly names?: Partial<Record<Scope, string>>;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
const COLOURS: Readonly<Record<Scope, number>> = { local: 36, remote: 35, global: 34 };

export function createPrinter(options: PrinterOptions): Printer {
  const { terminal, write, clock } = options;
  const paint = (code: number, text: string): string => (terminal ? `\u001b[${code}m${text}\u001b[0m` : text);
  const prefix = (scope: Scope): string => {
    const name = options.names?.[scope] ?? scope;
    return scope === "global" && options.names?.global === undefined ? "" : `${paint(COLOURS[scope], `(${name})`)} `;
  };
  const line = (mark: string, scope: Scope, text: string): void =>
    write(`${terminal ? "\r\u001b[K" : ""}${mark} ${prefix(scope)}${text}\n`);
  return {
    isColoured: options.isPrintColoured ?? false,
    async step(scope, text, work) {
      const startedAt = clock.nowMs();
      let note = "";
      let frame = 0;
      const show = (): void =>
        write(
          `\r\u001b[K${paint(36, FRAMES[frame++ % FRAMES.length] ?? "")} ${prefix(scope)}${text}${note === "" ? "" : `: ${note}`}`,
        );
      const stop = terminal ? repeat(clock, show) : undefined;
      try {
        const result = await work((next) => {
          note = next;
        });
        line(paint(32, "✓"), scope, `${text} ${paint(90, `(${((clock.nowMs() - startedAt) / 1000).toFixed(1)}s)`)}`);
        return result;
      } catch (error) {
        line(paint(31, "✗"), scope, text);
        throw error;
      } finally {
        stop?.();
      }
    },
    success: (scope, text) => line(paint(32, "✓"), scope, text),
    info: (scope, text) => line(paint(34, "•"), scope, text),
    warning: (scope, text) => line(paint(33, "!"), scope, text),
    print: (text) => options.print(`${text}\n`),
  };
}

/** At once and with each frame, until the returned function is called. */
function repeat(clock: Clock, show: () => void): () => void {
  let stop = (): void => undefined;
  const next = (): void => {
    show();
    stop = clock.after(FRAME_MS, next);
  };
  next();
  return () => stop();
}
