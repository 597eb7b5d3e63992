/**
 * One GET by curl. A program of its own because it has to be in the machine's network, where skopeo is, too: a node agent is in
 * its node's. It knows the same proxies and certificates (HTTPS_PROXY, SSL_CERT_FILE).
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Context } from "#base/context.ts";
import { RegistryError } from "./registry-error.ts";

export interface Trust {
  /** PEM, trusted beside the machine's. */
  readonly caFile?: string;
  /** Whatever certificate the server has. */
  readonly isInsecure: boolean;
}

export interface CurlRequest {
  /** Put in front of the command: how to get to the machine's network. */
  readonly enter: readonly string[];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: Trust;
}

export interface CurlAnswer extends AsyncDisposable {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Throws a RegistryError `cut` where it ends too early. */
  readonly body: AsyncIterable<Buffer>;
}

type Curl = ChildProcessByStdio<Writable, Readable, Readable>;

const FLAGS = [
  "--disable",
  "--silent",
  "--show-error",
  "--no-buffer",
  "--globoff",
  "--http1.1",
  "--proto",
  "=http,https",
];
const HEAD_FLAGS = ["--include", "--suppress-connect-headers", "--connect-timeout", "30", "--config", "-"];
const MOST_HEAD_BYTES = 64 * 1024;
// man curl, EXIT CODES: what a certificate, TLS or the request itself has to do with.
const REFUSED = [1, 2, 3, 35, 51, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91];
// CURLE_PARTIAL_FILE
const PARTIAL = 18;
const HEAD_END = "\r\n\r\n";

/** Resolves once the headers are there. Redirects are not followed. */
export async function get(ctx: Context, request: CurlRequest): Promise<CurlAnswer> {
  const [file = "curl", ...args] = [...request.enter, "curl", ...FLAGS, ...HEAD_FLAGS];
  const input = configOf(request);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], signal: ctx.signal, killSignal: "SIGKILL" });
  child.stdin.on("error", () => undefined);
  // Not in its arguments, which every user of the machine sees.
  child.stdin.end(input);
  const ended = endOf(child);
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    // With what nobody reads any more it would never close.
    child.stdout.destroy();
    await ended;
  };
  try {
    const pieces: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]();
    const { status, headers, rest } = await headOf(pieces, ended);
    return { status, headers, body: bodyOf(rest, pieces, ended), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** curl(1), --config. */
function configOf({ url, headers, trust }: CurlRequest): string {
  const lines = [
    ["url", url],
    ...Object.entries(headers).map(([name, value]) => ["header", `${name}: ${value}`]),
    ...(trust.caFile === undefined ? [] : [["cacert", trust.caFile]]),
  ];
  const text = lines.map(([name, value = ""]) => `${name} = "${value.replaceAll(/["\\]/g, "\\$&")}"`);
  const isClean = lines.every(([, value = ""]) => [...value].every((sign) => sign >= " "));
  if (!isClean) throw new RegistryError("refused", "a registry's answer has control characters where it may not");
  return [...text, ...(trust.isInsecure ? ["insecure"] : []), ""].join("\n");
}

/** Why it has ended; undefined when all has come. Never rejects. */
function endOf(child: Curl): Promise<RegistryError | undefined> {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-2000)));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(new RegistryError("refused", `curl could not be run: ${error.message}`)));
    child.on("close", (code) => {
      const reason = code !== null && REFUSED.includes(code) ? "refused" : "cut";
      const why = code === PARTIAL ? undefined : /^(?:curl: \(\d+\) )?(.+)/.exec(said)?.[1];
      resolve(code === 0 ? undefined : new RegistryError(reason, why ?? "unexpected EOF"));
    });
  });
}

async function headOf(
  pieces: AsyncIterator<Buffer>,
  ended: Promise<RegistryError | undefined>,
): Promise<Pick<CurlAnswer, "status" | "headers"> & { readonly rest: Buffer }> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = seen.indexOf(HEAD_END);
    if (end >= 0) {
      const head = parseHead(seen.toString("latin1", 0, end));
      seen = seen.subarray(end + HEAD_END.length);
      // 100 Continue and the like come before the answer.
      if (head.status >= 200) return { ...head, rest: seen };
      continue;
    }
    if (seen.length > MOST_HEAD_BYTES) throw new RegistryError("refused", "the registry's headers have no end");
    const { done, value } = await pieces.next();
    if (done === true) throw (await ended) ?? new RegistryError("cut", "unexpected EOF");
    seen = Buffer.concat([seen, value]);
  }
}

/** Of `HTTP/1.1 206 Partial Content` and the lines below it. */
export function parseHead(text: string): Pick<CurlAnswer, "status" | "headers"> {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/[\d.]+ (\d{3})\b/.exec(first)?.[1]);
  if (Number.isNaN(status)) throw new RegistryError("refused", "the registry does not speak HTTP");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status, headers };
}

async function* bodyOf(
  rest: Buffer,
  pieces: AsyncIterator<Buffer>,
  ended: Promise<RegistryError | undefined>,
): AsyncGenerator<Buffer> {
  if (rest.length > 0) yield rest;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
  const failure = await ended;
  if (failure !== undefined) throw failure;
}
