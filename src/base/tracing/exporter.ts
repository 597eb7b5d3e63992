/**
 * Sends spans in batches to a collector. Work never waits for it and never fails by it: what cannot be sent is dropped and
 * counted. Sizes and times are the defaults of OpenTelemetry's batch span processor.
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "../clock.ts";
import type { Context } from "../context.ts";
import { messageOf } from "../errors.ts";
import { type Counter, Metrics } from "../metrics.ts";
import { spanMetrics } from "./metrics.ts";
import { type EndedSpan, forgeExport } from "./otlp.ts";
import type { TracingSettings } from "./settings.ts";

const DELAY_MS = 5_000;
const MOST_QUEUED = 2_048;
const MOST_SENT = 512;
const ANSWER_MS = 10_000;
/** How long a process that ends waits for its last batches: well within a pod's grace period. */
const LAST_MS = 3_000;
/** What may be sent again. OTLP/HTTP: Retryable Response Codes */
const RETRYABLE = [429, 502, 503, 504];

export class SpanExporter {
  readonly #ctx: Pick<Context, "log">;
  readonly #settings: TracingSettings;
  readonly #clock: Clock;
  readonly #sent: Counter;
  readonly #dropped: Counter;
  #queue: EndedSpan[] = [];
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #isFailing = false;
  #isEnded = false;

  constructor(ctx: Context, settings: TracingSettings, clock: Clock) {
    this.#ctx = ctx;
    this.#settings = settings;
    this.#clock = clock;
    const spans = spanMetrics(ctx.metrics ?? new Metrics());
    this.#sent = spans.sent;
    this.#dropped = spans.dropped;
  }

  add(span: EndedSpan): void {
    if (this.#isEnded || this.#queue.length >= MOST_QUEUED) {
      this.#dropped.increase();
      return;
    }
    this.#queue.push(span);
    this.#schedule();
  }

  /** Sends what there is, once and for a bounded time. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancelTimer?.();
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(LAST_MS, resolve);
    });
    await Promise.race([this.#sendAll(), late]);
    cancel();
    this.#dropped.increase(this.#queue.length);
    this.#queue = [];
  }

  async #sendAll(): Promise<void> {
    await this.#sending;
    for (let left = this.#queue.length; left > 0; left = this.#queue.length) {
      await this.#sendBatch();
      if (this.#queue.length >= left) return;
    }
  }

  /** A full batch goes at once, unless the last one did not arrive. */
  #schedule(): void {
    if (this.#isEnded || this.#queue.length === 0) return;
    if (this.#queue.length >= MOST_SENT && !this.#isFailing) {
      this.#send();
      return;
    }
    this.#cancelTimer ??= this.#clock.after(DELAY_MS, () => {
      this.#cancelTimer = undefined;
      this.#send();
    });
  }

  #send(): void {
    this.#sending ??= this.#sendBatch().finally(() => {
      this.#sending = undefined;
      this.#schedule();
    });
  }

  /** Never rejects. What may be sent again stays in the queue, whose end bounds it. */
  async #sendBatch(): Promise<void> {
    const batch = this.#queue.slice(0, MOST_SENT);
    const code = await this.#post(JSON.stringify(forgeExport(batch, this.#settings.resource))).catch(messageOf);
    const isTaken = typeof code === "number" && code >= 200 && code < 300;
    this.#tell(isTaken, code);
    if (!isTaken && (typeof code === "string" || RETRYABLE.includes(code))) return;
    this.#queue = this.#queue.slice(batch.length);
    (isTaken ? this.#sent : this.#dropped).increase(batch.length);
  }

  /** Once when it begins to fail and once when it is over, not with each batch. */
  #tell(isTaken: boolean, code: number | string): void {
    if (isTaken !== this.#isFailing) return;
    this.#isFailing = !isTaken;
    const { log } = this.#ctx;
    if (isTaken) log.info("the collector takes spans again");
    else log.warn("the collector takes no spans", { collector: this.#settings.url.host, answer: code });
  }

  #post(body: string): Promise<number> {
    const { url, headers } = this.#settings;
    const options = {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, options, (response) => {
        cancel();
        response.resume();
        response.on("error", () => undefined);
        resolve(response.statusCode ?? 0);
      });
      const cancel = this.#clock.after(ANSWER_MS, () => request.destroy(new Error("no answer in time")));
      request.on("error", (error) => {
        cancel();
        reject(error);
      });
      request.end(body);
    });
  }
}
