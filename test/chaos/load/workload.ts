/** Somebody who uses two clusters all the time, and knows what must have come of it. */
import { setTimeout as delay } from "node:timers/promises";
import { isAlreadyExists } from "#machinery/status-error.ts";

export interface Workload {
  readonly name: string;
  /** Rests while the checker compares. */
  readonly loop: Loop;
  /** What is not as it must be, a line each. Called while it rests, again and again until it is empty or time is up. */
  check(): Promise<readonly string[]>;
  /** What was done so far. */
  figures(): Readonly<Record<string, number>>;
  /** What has to be done per minute at least, or the run does not count. */
  readonly leastPerMinute: Readonly<Record<string, number>>;
}

/** Repeats `turn` until it is disposed of, and rests on demand. A turn that fails is a turn that was tried. */
export class Loop implements AsyncDisposable {
  readonly #turn: () => Promise<void>;
  readonly #everyMs: number;
  readonly #running: Promise<void>;
  #wanted: "run" | "rest" | "end" = "run";
  #current: Promise<void> = Promise.resolve();

  constructor(everyMs: number, turn: () => Promise<void>) {
    this.#turn = turn;
    this.#everyMs = everyMs;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wanted = "end";
    await this.#running;
  }

  /** Resolves when nothing is under way any more. */
  pause(): Promise<void> {
    this.#wanted = "rest";
    return this.#current;
  }

  resume(): void {
    if (this.#wanted === "rest") this.#wanted = "run";
  }

  async #run(): Promise<void> {
    while (this.#wanted !== "end") {
      if (this.#wanted === "run") {
        this.#current = this.#turn().catch(() => undefined);
        await this.#current;
      }
      await delay(this.#everyMs);
    }
  }
}

/** A creation that may have been carried out before. */
export async function ifAbsent(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
