/**
 * Serves admission webhooks over HTTPS. Kubernetes: admission/v1 AdmissionReview, controller-runtime/pkg/webhook
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { Metrics } from "#base/metrics.ts";
import { failure, StatusError } from "#machinery/status-error.ts";
import { webhookMetrics } from "./metrics.ts";
import { type AdmissionRequest, parseReview } from "./review.ts";

export interface PatchOperation {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

export interface AdmissionAnswer {
  readonly allowed: boolean;
  /** Why not. */
  readonly message?: string;
  readonly code?: number;
  readonly patch?: readonly PatchOperation[];
  readonly warnings?: readonly string[];
}

export const ALLOWED: AdmissionAnswer = { allowed: true };

export function denied(message: string, code = 403): AdmissionAnswer {
  return { allowed: false, message, code };
}

/** Throwing makes the request fail with 500, as the webhook's own error. */
export type AdmissionHandler = (ctx: Context, request: AdmissionRequest) => Promise<AdmissionAnswer>;

export interface WebhookServerOptions {
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly handlers: Readonly<Record<string, AdmissionHandler>>;
  readonly clock?: Clock;
}

export interface WebhookServer extends AsyncDisposable {
  readonly server: Server;
  /**
   * Answers as ever but asks each client to connect anew, until API servers and nodes know that this replica leaves:
   * an admission request is sent once, so whatever is refused here fails the user's request.
   */
  readonly drain: (times?: Partial<DrainTimes>) => Promise<void>;
}

export interface DrainTimes {
  /** Endpoints need this long to reach everyone on a quiet cluster. */
  readonly leastMs: number;
  /** Who has not called for this long calls another replica. */
  readonly quietMs: number;
  /** Well within a pod's grace period of 30 s. */
  readonly mostMs: number;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Longer than API servers keep an unused connection (90 s): the server must not close one that is being used again. */
const KEEP_ALIVE_MS = 120_000;
const DRAIN: DrainTimes = { leastMs: 3_000, quietMs: 2_000, mostMs: 20_000 };

/** Serves until disposed. */
export async function startWebhookServer(ctx: Context, options: WebhookServerOptions): Promise<WebhookServer> {
  const { clock = systemClock } = options;
  let isDraining = false;
  let lastRequestMs = 0;
  const { metrics = new Metrics() } = ctx;
  // By the paths there are: a caller must not make series.
  const counted = new Map(Object.keys(options.handlers).map((path) => [path, webhookMetrics(metrics, path)]));
  const server = createServer({ ...options.tls, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const begunMs = clock.nowMs();
    lastRequestMs = begunMs;
    const count = counted.get(pathOf(request));
    count?.begun();
    response.once("close", () => count?.ended(response.statusCode, clock.nowMs() - begunMs));
    if (isDraining) response.setHeader("Connection", "close");
    serve(ctx, options.handlers, request, response).catch((error: unknown) => {
      const code = error instanceof StatusError ? error.code : 500;
      if (code === 500) ctx.log.error("webhook failed", { path: request.url, error: messageOf(error) });
      // The rest of a body that is too large is not read.
      response.writeHead(code, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
      response.end(messageOf(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, resolve);
  });
  return {
    server,
    drain: async (times = {}) => {
      const { leastMs, quietMs, mostMs } = { ...DRAIN, ...times };
      isDraining = true;
      const since = clock.nowMs();
      for (;;) {
        const nowMs = clock.nowMs();
        const waitMs = Math.min(Math.max(since + leastMs, lastRequestMs + quietMs), since + mostMs) - nowMs;
        if (waitMs <= 0) return;
        await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      }
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0] ?? "";
}

async function serve(
  ctx: Context,
  handlers: Readonly<Record<string, AdmissionHandler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request);
  const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined;
  if (handler === undefined || request.method !== "POST") {
    response.writeHead(404).end();
    return;
  }
  const review = parseReview(await readBody(request));
  const answer = await answerOf(ctx, handler, review.request);
  const body = { apiVersion: review.apiVersion, kind: review.kind, response: responseOf(review.request.uid, answer) };
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

async function answerOf(ctx: Context, handler: AdmissionHandler, request: AdmissionRequest): Promise<AdmissionAnswer> {
  try {
    return await handler(ctx, request);
  } catch (error) {
    ctx.log.warn("admission failed", {
      operation: request.operation,
      name: request.name,
      namespace: request.namespace,
      error: messageOf(error),
    });
    return denied(messageOf(error), error instanceof StatusError ? error.code : 500);
  }
}

function responseOf(uid: string, answer: AdmissionAnswer): Record<string, unknown> {
  const { allowed, message, code, patch, warnings } = answer;
  return {
    uid,
    allowed,
    ...(message !== undefined && { status: { message, code: code ?? 403 } }),
    ...(patch !== undefined &&
      patch.length > 0 && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
    ...(warnings !== undefined && { warnings }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES)
      throw failure(413, "RequestEntityTooLarge", `request body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
