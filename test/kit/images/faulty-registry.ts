/** A registry on this machine that does one thing wrong, for whatever is asked below the name of that thing. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { MadeImage } from "./layout.ts";

export type Fault =
  | "none"
  | "slow"
  | "cut"
  | "cut-often"
  | "silent"
  | "unauthorised"
  | "rate-limited"
  | "wrong-manifest"
  | "wrong-layer"
  | "missing";

export interface FaultyRegistry extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly host: string;
  /** Requests so far, as `GET /v2/…`. */
  readonly asked: string[];
  /** Bytes of blobs that it has sent so far, by digest. */
  readonly sent: ReadonlyMap<string, number>;
}

/** What a registry that cuts often sends of a layer before it does. */
const CUT_BYTES = 512 * 1024;
const PIECES = 10;
const PAUSE_MS = 50;

/** It has one image, by every name: `<host>/<fault>/image:1`. */
export async function startFaultyRegistry(image: MadeImage): Promise<FaultyRegistry> {
  const asked: string[] = [];
  const sent = new Map<string, number>();
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void answer(image, request, response, (digest, bytes) => sent.set(digest, (sent.get(digest) ?? 0) + bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sent,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Count = (digest: string, bytes: number) => void;

async function answer(
  image: MadeImage,
  request: IncomingMessage,
  response: ServerResponse,
  count: Count,
): Promise<void> {
  const [, fault = "none", kind, reference = ""] =
    /^\/v2\/([a-z-]+)\/image\/(manifests|blobs)\/(.+)$/.exec(request.url ?? "") ?? [];
  if (kind === undefined) return void response.writeHead(200).end("{}");
  const refusal = refusalOf(fault);
  if (refusal !== undefined) return refuse(response, ...refusal);
  if (kind === "manifests") {
    const body = image.blobs.get(image.manifest.digest) ?? Buffer.alloc(0);
    const sent =
      fault === "wrong-manifest" && reference.startsWith("sha256:") ? Buffer.concat([body, Buffer.from(" ")]) : body;
    return void response
      .writeHead(200, { "content-type": image.manifest.mediaType, "content-length": sent.length })
      .end(sent);
  }
  const blob = image.blobs.get(reference);
  if (blob === undefined) return refuse(response, 404, "BLOB_UNKNOWN", "blob unknown");
  if (reference !== image.layers.at(-1)?.digest)
    return void response.writeHead(200, { "content-length": blob.length }).end(blob);
  const { from, status, headers } = rangeOf(fault, request, blob);
  response.writeHead(status, headers);
  await sendLayer(fault, blob.subarray(from), response, (bytes) => count(reference, bytes));
}

/** One that cuts knows no ranges, one that cuts often does. RFC 9110 §14.4 */
function rangeOf(
  fault: string,
  request: IncomingMessage,
  { length }: Buffer,
): { from: number; status: number; headers: Record<string, string | number> } {
  const asked = fault === "cut" ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  if (asked === undefined) return { from: 0, status: 200, headers: { "content-length": length } };
  const from = Number(asked);
  const headers = { "content-length": length - from, "content-range": `bytes ${from}-${length - 1}/${length}` };
  return { from, status: 206, headers };
}

async function sendLayer(
  fault: string,
  body: Buffer,
  response: ServerResponse,
  count: (bytes: number) => void,
): Promise<void> {
  const send = (bytes: Buffer): Promise<void> => {
    count(bytes.length);
    return new Promise((resolve) => response.write(bytes, () => resolve()));
  };
  const half = Math.ceil(body.length / 2);
  const piece = Math.ceil(body.length / PIECES);
  switch (fault) {
    case "silent":
      return send(body.subarray(0, half));
    case "cut":
    case "cut-often":
      await send(body.subarray(0, fault === "cut" ? half : CUT_BYTES));
      return void response.destroy();
    case "slow":
      for (let at = 0; at < body.length && !response.destroyed; at += piece) {
        await send(body.subarray(at, at + piece));
        await delay(PAUSE_MS);
      }
      return void response.end();
    default:
      await send(fault === "wrong-layer" ? Buffer.alloc(body.length, 7) : body);
      return void response.end();
  }
}

function refusalOf(fault: string): [status: number, code: string, message: string] | undefined {
  if (fault === "unauthorised") return [401, "UNAUTHORIZED", "authentication required"];
  if (fault === "rate-limited") return [429, "TOOMANYREQUESTS", "You have reached your pull rate limit."];
  return fault === "missing" ? [404, "MANIFEST_UNKNOWN", "manifest unknown"] : undefined;
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="test"' } : { "retry-after": "60" };
  response.writeHead(status, { "content-type": "application/json", ...challenge });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
