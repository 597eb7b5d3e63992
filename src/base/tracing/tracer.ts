/**
 * Spans of a process, and where they go. Own code because OpenTelemetry's SDK is larger than what it would measure
 * (docs/dependencies.md).
 */
import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { Context } from "../context.ts";
import { messageOf } from "../errors.ts";
import { SpanExporter } from "./exporter.ts";
import type { Attributes, SpanEvent } from "./otlp.ts";
import type { TracingSettings } from "./settings.ts";
import type { SpanContext } from "./traceparent.ts";

/** Peers answer with what they like. */
const MOST_MESSAGE = 1_000;

export interface SpanOptions {
  /** What it is a part of; undefined: a trace begins. */
  readonly parent?: SpanContext | undefined;
  readonly attributes?: Attributes;
}

export interface Span {
  readonly context: SpanContext;
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** What it was meant to do was not done. */
  fail(error: unknown): void;
  /** Once; what comes later is lost. */
  end(): void;
}

export class Tracer implements AsyncDisposable {
  readonly #settings: TracingSettings;
  readonly #exporter: SpanExporter;
  readonly #clock: Clock;

  constructor(ctx: Context, settings: TracingSettings, clock: Clock = systemClock) {
    this.#settings = settings;
    this.#exporter = new SpanExporter(ctx, settings, clock);
    this.#clock = clock;
  }

  start(name: string, { parent, attributes = {} }: SpanOptions = {}): Span {
    const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
    const isSampled = this.#isSampled(traceId, parent);
    const context = { traceId, spanId: randomBytes(8).toString("hex"), isSampled };
    const [startMs, begunMs] = [this.#clock.epochMs(), this.#clock.nowMs()];
    // The clock on the wall may jump while the span lasts.
    const now = (): number => startMs + this.#clock.nowMs() - begunMs;
    const events: SpanEvent[] = [];
    let own = attributes;
    let failure: string | undefined;
    return {
      context,
      set: (more) => {
        own = { ...own, ...more };
      },
      event: (event, more = {}) => events.push({ name: event, atMs: now(), attributes: more }),
      fail: (error) => {
        failure = messageOf(error).slice(0, MOST_MESSAGE);
      },
      end: () => {
        if (!isSampled) return;
        const ended = { traceId, spanId: context.spanId, parentSpanId: parent?.spanId };
        this.#exporter.add({ ...ended, name, startMs, endMs: now(), attributes: own, events, failure });
      },
    };
  }

  /** Sends the last spans. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#exporter.end();
  }

  /** By the trace's id, so that all who ask it the same way keep the same traces. OpenTelemetry: TraceIdRatioBased */
  #isSampled(traceId: string, parent: SpanContext | undefined): boolean {
    const { ratio, followsParent } = this.#settings;
    if (parent !== undefined && followsParent) return parent.isSampled;
    return BigInt(`0x${traceId.slice(-14)}`) < BigInt(Math.round(ratio * 2 ** 53)) << 3n;
  }
}

/** Does it within a span, which fails when it throws; without one where nobody traces. */
export async function traced<T>(
  { tracer }: Context,
  name: string,
  options: SpanOptions,
  run: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  const span = tracer?.start(name, options);
  try {
    return await run(span);
  } catch (error) {
    span?.fail(error);
    throw error;
  } finally {
    span?.end();
  }
}
