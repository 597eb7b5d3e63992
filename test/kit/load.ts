/** Visitors of a web page, all the time: who answered, and for how long nobody did. */
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export interface Answer {
  readonly atMs: number;
  /** The page's text; undefined when the request failed. */
  readonly who: string | undefined;
  /** Why the request failed: the socket's error, a time-out, the status. */
  readonly failure: string | undefined;
  readonly tookMs: number;
}

const INTERVAL_MS = 50;
const TIMEOUT_MS = 3_000;

export class Load implements AsyncDisposable {
  readonly #url: string;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #answers: Answer[] = [];
  readonly #pending = new Map<Promise<void>, number>();
  readonly #running: Promise<void>;
  #isStopped = false;

  constructor(url: string, intervalMs = INTERVAL_MS, timeoutMs = TIMEOUT_MS) {
    this.#url = url;
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await Promise.all(this.#pending.keys());
  }

  /** Answers to requests sent since then. */
  since(atMs: number): Answer[] {
    return this.#answers.filter((answer) => answer.atMs >= atMs);
  }

  /** How many requests sent before then have no answer yet. */
  pendingBefore(atMs: number): number {
    return [...this.#pending.values()].filter((sentMs) => sentMs < atMs).length;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const visit = this.#visit();
      this.#pending.set(visit, performance.now());
      void visit.then(() => this.#pending.delete(visit));
      await delay(this.#intervalMs);
    }
  }

  async #visit(): Promise<void> {
    const atMs = performance.now();
    const { who, failure } = await ask(this.#url, this.#timeoutMs);
    this.#answers.push({ atMs, who, failure, tookMs: performance.now() - atMs });
  }
}

/** Failed requests for a message: when each was begun, for how long it stood, and why it failed. */
export function failuresOf(answers: readonly Answer[], sinceMs: number): string {
  const failed = answers.filter(({ who }) => who === undefined);
  const each = failed.map(
    ({ atMs, tookMs, failure }) => `${Math.round(atMs - sinceMs)} ms (${failure}, ${Math.round(tookMs)} ms)`,
  );
  return `${failed.length} of ${answers.length} requests failed${each.length === 0 ? "" : `, begun after ${each.join(", ")}`}`;
}

/** The page, over a connection of its own; undefined on any failure. */
export async function page(url: string, timeoutMs: number): Promise<string | undefined> {
  return (await ask(url, timeoutMs)).who;
}

function ask(url: string, timeoutMs: number): Promise<Pick<Answer, "who" | "failure">> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ who: undefined, failure: reasonOf(error) });
    const sent = request(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", fail);
      response.on("end", () => {
        if (response.statusCode === 200) resolve({ who: text.trim(), failure: undefined });
        else resolve({ who: undefined, failure: `status ${response.statusCode}` });
      });
    });
    sent.on("error", fail);
    sent.end();
  });
}

function reasonOf(error: Error): string {
  if (error.name === "AbortError") return "no answer in time";
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
