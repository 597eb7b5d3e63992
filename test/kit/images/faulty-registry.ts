/** A registry on this machine that does one thing wrong, for whatever is asked below the name of that thing. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { MadeImage } from "./layout.ts";

export type Fault =
  | "none"
  | "slow"
  | "cut"
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
}

const PIECES = 10;
const PAUSE_MS = 50;

/** It has one image, by every name: `<host>/<fault>/image:1`. */
export async function startFaultyRegistry(image: MadeImage): Promise<FaultyRegistry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void answer(image, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(image: MadeImage, request: IncomingMessage, response: ServerResponse): Promise<void> {
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
  await sendBlob(fault, blob, reference === image.layers.at(-1)?.digest, response);
}

async function sendBlob(fault: string, body: Buffer, isLayer: boolean, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-length": body.length });
  if (!isLayer) return void response.end(body);
  if (fault === "wrong-layer") return void response.end(Buffer.alloc(body.length, 7));
  if (fault === "cut") {
    response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
    return;
  }
  if (fault !== "slow") return void response.end(body);
  const size = Math.ceil(body.length / PIECES);
  for (let at = 0; at < body.length && !response.destroyed; at += size) {
    response.write(body.subarray(at, at + size));
    await delay(PAUSE_MS);
  }
  response.end();
}

function refusalOf(fault: string): [status: number, code: string, message: string] | undefined {
  if (fault === "unauthorised") return [401, "UNAUTHORIZED", "authentication required"];
  if (fault === "rate-limited") return [429, "TOOMANYREQUESTS", "You have reached your pull rate limit."];
  return fault === "missing" ? [404, "MANIFEST_UNKNOWN", "manifest unknown"] : undefined;
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="test"' } : { "retry-after": "1" };
  response.writeHead(status, { "content-type": "application/json", ...challenge });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
