/** Answers on the wire: JSON or YAML bodies, warnings, errors, watch frames. Knows HTTP, not what the answers mean. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { failure, StatusError } from "#machinery/status-error.ts";
import type { WatchSink } from "./handlers/watch.ts";
import { formatYaml } from "./handlers/yaml.ts";
import { warningHeaders } from "./warnings.ts";

export type Incoming = IncomingMessage | Http2ServerRequest;
/** The two response classes share what is used here; their overloads don't unite. */
export type Outgoing = ServerResponse | Http2ServerResponse;

// Kubernetes: apiserver/pkg/endpoints/handlers/responsewriters/writers.go (defaultGzipThresholdBytes)
const GZIP_THRESHOLD_BYTES = 128 * 1024;
/** A client that reads more slowly than events come is cut off; it lists again. */
const MAX_WATCH_BACKLOG_BYTES = 32 * 1024 * 1024;

const compress = promisify(gzip);

export interface Answer {
  readonly code: number;
  readonly body: object;
  readonly yaml?: boolean;
  readonly warnings?: readonly string[];
  readonly acceptsGzip?: boolean;
}

export async function sendObject(outgoing: Outgoing, answer: Answer): Promise<void> {
  const text = answer.yaml === true ? formatYaml(answer.body) : `${JSON.stringify(answer.body)}\n`;
  const headers: Record<string, string | string[]> = {
    "content-type": answer.yaml === true ? "application/yaml" : "application/json",
    "cache-control": "no-cache, private",
  };
  const warnings = warningHeaders(answer.warnings ?? []);
  if (warnings.length > 0) headers.warning = warnings;
  let bytes: Buffer | string = text;
  if (answer.acceptsGzip === true && text.length > GZIP_THRESHOLD_BYTES) {
    bytes = await compress(text, { level: 1 });
    headers["content-encoding"] = "gzip";
    headers.vary = "Accept-Encoding";
  }
  headers["content-length"] = String(Buffer.byteLength(bytes));
  (outgoing as ServerResponse).writeHead(answer.code, headers);
  outgoing.end(bytes);
}

export function sendBytes(outgoing: Outgoing, bytes: Buffer, contentType: string): void {
  const headers = { "content-type": contentType, "content-length": String(bytes.length) };
  (outgoing as ServerResponse).writeHead(200, headers);
  outgoing.end(bytes);
}

export function sendText(
  outgoing: Outgoing,
  code: number,
  text: string,
  contentType = "text/plain; charset=utf-8",
): void {
  const headers = { "content-type": contentType, "x-content-type-options": "nosniff" };
  (outgoing as ServerResponse).writeHead(code, headers);
  outgoing.end(text);
}

/** An answer that the genuine server gives as text, for no API is asked. */
export class TextError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "TextError";
    this.code = code;
  }
}

export function pageNotFound(): TextError {
  return new TextError(404, "404 page not found");
}

/** The Status of anything thrown; what is no StatusError is an internal error. */
export function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof TextError) return failure(error.code, undefined, error.message);
  const message = error instanceof Error ? error.message : String(error);
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export async function sendError(outgoing: Outgoing, error: unknown, warnings: readonly string[] = []): Promise<void> {
  const { status, code } = statusOf(error);
  if (outgoing.headersSent) {
    outgoing.end();
    return;
  }
  if (error instanceof TextError) return sendText(outgoing, code, `${error.message}\n`);
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined && seconds > 0) (outgoing as ServerResponse).setHeader("retry-after", String(seconds));
  await sendObject(outgoing, { code, body: status, warnings });
}

/** Reads a whole body; throws 413 beyond `limitBytes`. */
export async function readBody(incoming: Incoming, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw failure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limitBytes}`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** A sink that writes `{"type":…,"object":…}` lines; headers go out with the first byte or at once. */
export function watchSink(outgoing: Outgoing, frame: (object: object) => object): WatchSink {
  const controller = new AbortController();
  outgoing.on("close", () => controller.abort());
  (outgoing as ServerResponse).writeHead(200, {
    "content-type": "application/json",
    "cache-control": "no-cache, private",
  });
  if ("flushHeaders" in outgoing) outgoing.flushHeaders();
  return {
    signal: controller.signal,
    end: () => void outgoing.end(),
    send: (type, object) => {
      if (controller.signal.aborted) return;
      const shown = type === "ERROR" ? object : frame(object);
      (outgoing as ServerResponse).write(`{"type":"${type}","object":${JSON.stringify(shown)}}\n`);
      if (outgoing.writableLength > MAX_WATCH_BACKLOG_BYTES) outgoing.destroy();
    },
  };
}
