/**
 * A read-only image registry over an OCI layout, for nodes without a way to the Internet: it answers for every registry
 * that containerd would ask. OCI: distribution-spec/spec.md, "Pull"
 */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { hasCode } from "#base/errors.ts";
import { blobPath, type ImageIndex, MANIFEST_TYPE } from "./layout.ts";

export interface RegistryOptions {
  readonly address: string;
  readonly port: number;
  /** Folder of the layout; read at every request, so that images may be built anew meanwhile. */
  readonly layout: string;
}

export async function startRegistry({ address, port, layout }: RegistryOptions): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://registry");
    const answer = answerTo(layout, pathname, searchParams.get("ns") ?? "docker.io");
    send(response, request.method ?? "GET", answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

type Answer =
  | { readonly status: 200; readonly type: string; readonly digest: string; readonly file: string }
  | { readonly status: 200 | 404; readonly body: string };

/** `ns` is the registry that the client means. */
function answerTo(layout: string, path: string, ns: string): Answer {
  if (path === "/v2/") return { status: 200, body: "{}" };
  const [, name = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  if (kind === "blobs") return blob(layout, reference, "application/octet-stream");
  if (kind === "manifests") {
    const digest = reference.startsWith("sha256:") ? reference : findImage(layout, `${ns}/${name}`);
    if (digest !== undefined) return blob(layout, digest, MANIFEST_TYPE);
  }
  const errors = [{ code: "MANIFEST_UNKNOWN", message: `${ns}/${name}:${reference} is not an image of this machine` }];
  return { status: 404, body: JSON.stringify({ errors }) };
}

/** Whatever the tag: the images of this machine have one version. */
function findImage(layout: string, repository: string): string | undefined {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as ImageIndex;
  return index.manifests.find(({ annotations }) => annotations["liqo-ts.repository"] === repository)?.digest;
}

function blob(layout: string, digest: string, type: string): Answer {
  const file = blobPath(layout, digest);
  try {
    if (statSync(file).isFile()) return { status: 200, type, digest, file };
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  return { status: 404, body: JSON.stringify({ errors: [{ code: "BLOB_UNKNOWN", message: digest }] }) };
}

function send(response: ServerResponse, method: string, answer: Answer): void {
  response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
  if ("body" in answer) {
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(answer.body);
    return;
  }
  const { type, digest, file } = answer;
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": statSync(file).size,
    "Docker-Content-Digest": digest,
  });
  if (method === "HEAD") response.end();
  else createReadStream(file).pipe(response);
}
