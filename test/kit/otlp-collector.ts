/** A collector of OpenTelemetry traces: takes what is posted to /v1/traces, and says what it has of a pod. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Attributes } from "#base/tracing/otlp.ts";

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Attributes;
  readonly resource: Attributes;
}

export interface Collector extends AsyncDisposable {
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  /** Each request's headers. */
  readonly headers: readonly NodeJS.Dict<string | string[]>[];
  /** The code of the next answers. */
  answer: number;
}

type Listed = readonly { readonly key: string; readonly value: Readonly<Record<string, string | number | boolean>> }[];

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Listed };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, "attributes" | "resource"> & { readonly attributes: Listed })[];
    }[];
  }[];
}

export async function startCollector(host = "127.0.0.1"): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    headers.push(request.headers);
    const isRight = request.method === "POST" && request.url === "/v1/traces";
    if (isRight && collector.answer === 200) spans.push(...read(JSON.parse(body)));
    response.writeHead(isRight ? collector.answer : 404, { "Content-Type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const collector: Collector = {
    port: (server.address() as AddressInfo).port,
    spans,
    headers,
    answer: 200,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return collector;
}

function read({ resourceSpans }: Exported): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: attributesOf(span.attributes),
        resource: attributesOf(resource.attributes),
      })),
    ),
  );
}

function attributesOf(list: Listed): Attributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0] ?? ""]));
}
