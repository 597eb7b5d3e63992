/** Spans as OTLP/HTTP wants them in JSON. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import { VERSION } from "../version.ts";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** A span that has ended. Times are milliseconds since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Why it failed; undefined: it did not. */
  readonly failure: string | undefined;
}

const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;

/** An ExportTraceServiceRequest. */
export function forgeExport(spans: readonly EndedSpan[], resource: Attributes): object {
  const scope = { name: "liqo-ts", version: VERSION };
  return {
    resourceSpans: [
      { resource: { attributes: listOf(resource) }, scopeSpans: [{ scope, spans: spans.map(forgeSpan) }] },
    ],
  };
}

function forgeSpan(span: EndedSpan): object {
  const { traceId, spanId, parentSpanId, name, events, failure } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: listOf(span.attributes),
    ...(events.length > 0 && {
      events: events.map((event) => ({
        timeUnixNano: nanoseconds(event.atMs),
        name: event.name,
        attributes: listOf(event.attributes),
      })),
    }),
    status: failure === undefined ? {} : { code: STATUS_ERROR, message: failure },
  };
}

/** 64-bit numbers are strings in protobuf's JSON. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}

function listOf(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
