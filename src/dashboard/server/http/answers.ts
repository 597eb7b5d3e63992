/** How requests are answered: headers that all answers have, JSON, and refusals. */
import type { ServerResponse } from "node:http";

/** What was asked for is refused; the message goes to whoever asked. */
export class Refusal extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "Refusal";
    this.status = status;
    this.hint = options.hint;
  }
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  "Cache-Control": "no-store",
};

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}

export function answerText(response: ServerResponse, text: string, type: string): void {
  response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(text);
}

/** The rest of a request that is refused is not read. */
export function refuse(response: ServerResponse, { status, message, hint }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader("Connection", "close");
  answerJson(response, { error: message, ...(hint !== undefined && { hint }) }, status);
}
