/**
 * Serves admission webhooks over HTTPS. Kubernetes: admission/v1 AdmissionReview, controller-runtime/pkg/webhook
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { StatusError } from "#machinery/status-error.ts";

export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly namespace?: string;
  readonly name?: string;
  readonly userInfo: { readonly username: string; readonly groups?: readonly string[] };
  readonly object?: UnstructuredObject | null;
  readonly oldObject?: UnstructuredObject | null;
  readonly dryRun?: boolean;
}

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
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Longer than API servers keep an idle connection (Go: 90 s): closed by this end first, one could be in use again already. */
const IDLE_MS = 120_000;

/** Serves until disposed. */
export async function startWebhookServer(
  ctx: Context,
  options: WebhookServerOptions,
): Promise<AsyncDisposable & { readonly server: Server }> {
  const server = createServer({ ...options.tls, keepAliveTimeout: IDLE_MS }, (request, response) => {
    serve(ctx, options.handlers, request, response).catch((error: unknown) => {
      ctx.log.error("webhook failed", { path: request.url, error: messageOf(error) });
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, resolve);
  });
  return {
    server,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  ctx: Context,
  handlers: Readonly<Record<string, AdmissionHandler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const handler = handlers[path];
  if (handler === undefined || request.method !== "POST") {
    response.writeHead(404).end();
    return;
  }
  const review = JSON.parse(await readBody(request)) as { apiVersion: string; kind: string; request: AdmissionRequest };
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
    if (bytes > MAX_BODY_BYTES) throw new Error(`request body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
