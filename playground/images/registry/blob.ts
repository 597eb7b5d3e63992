/**
 * Brings one blob, going on where an earlier try was cut: what has come lies in a file of its own until it is complete and has
 * the digest that it should. Safe to end at any moment. RFC 9110 §14 (Range)
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import type { CurlAnswer } from "./curl.ts";
import type { RegistryClient } from "./registry-client.ts";
import { isRegistryError, RegistryError } from "./registry-error.ts";

export interface BlobOptions {
  readonly client: Pick<RegistryClient, "get">;
  readonly clock: Clock;
  readonly digest: string;
  /** As the manifest says; no more is taken. */
  readonly sizeBytes: number;
  /** What has come so far. Nobody else writes it meanwhile. */
  readonly partial: string;
  /** Where the blob is to be. */
  readonly path: string;
}

// In a row, and without a byte more than before.
const MOST_IDLE_TRIES = 3;
const MOST_TRIES = 100;
const PAUSE_MS = 200;
const IDLE_PAUSE_MS = 1000;

/** Throws a RegistryError: `refused` where another client may still get it, otherwise what is to be told. */
export async function fetchBlob(ctx: Context, options: BlobOptions): Promise<void> {
  for (let isAnew = false; ; isAnew = true) {
    await using file = await openPartial(options);
    const responses = await complete(ctx, options, file);
    const found = file.digest();
    if (found === options.digest) {
      await file.handle.datasync();
      renameSync(options.partial, options.path);
      return;
    }
    rmSync(options.partial, { force: true });
    // Of one answer alone the registry is to blame; what was put together may be put together anew, once.
    if (responses === 1 || isAnew)
      throw new RegistryError("wrong-bytes", `Digest did not match, expected ${options.digest}, got ${found}`);
    ctx.log.warn("what had come of a blob is not what it should be, it is fetched anew", { digest: options.digest });
  }
}

interface Partial extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly bytes: () => number;
  readonly add: (chunk: Buffer) => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly digest: () => string;
}

async function openPartial({ partial, sizeBytes }: BlobOptions): Promise<Partial> {
  if ((statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > sizeBytes) rmSync(partial);
  const handle = await open(partial, "a", 0o644);
  let hash = createHash("sha256");
  let bytes = await hashFile(partial, hash);
  return {
    handle,
    bytes: () => bytes,
    add: async (chunk) => {
      if (bytes + chunk.length > sizeBytes)
        throw new RegistryError("wrong-bytes", `the blob has more than the ${sizeBytes} bytes that its manifest says`);
      await handle.appendFile(chunk);
      hash.update(chunk);
      bytes += chunk.length;
    },
    clear: async () => {
      await handle.truncate(0);
      hash = createHash("sha256");
      bytes = 0;
    },
    digest: () => `sha256:${hash.copy().digest("hex")}`,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function hashFile(path: string, hash: Hash): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

/** Resolves with how many answers it is made of, what was there before counting as one. */
async function complete(ctx: Context, options: BlobOptions, file: Partial): Promise<number> {
  const { clock, sizeBytes, digest } = options;
  let responses = file.bytes() > 0 ? 1 : 0;
  let [best, idle] = [file.bytes(), 0];
  for (let tries = 1; file.bytes() < sizeBytes; tries++) {
    const before = file.bytes();
    const cut = (await once(ctx, options, file)) ?? new RegistryError("cut", "unexpected EOF");
    if (before === 0 || file.bytes() < before) responses = 0;
    responses++;
    if (file.bytes() === sizeBytes) break;
    if (ctx.signal.aborted) throw cut;
    idle = file.bytes() > best ? 0 : idle + 1;
    best = Math.max(best, file.bytes());
    if (idle >= MOST_IDLE_TRIES || tries >= MOST_TRIES)
      throw new RegistryError(
        "cut",
        `reading blob ${digest}: ${cut.message} (${best} of ${sizeBytes} bytes have come)`,
      );
    await sleep(ctx, idle === 0 ? PAUSE_MS : idle * IDLE_PAUSE_MS, clock);
  }
  return responses;
}

/** One request; resolves with why it gave less than it should. */
async function once(
  ctx: Context,
  { client, digest, partial }: BlobOptions,
  file: Partial,
): Promise<RegistryError | undefined> {
  const from = file.bytes();
  try {
    await using answer = await client.get(ctx, `blobs/${digest}`, from > 0 ? { range: `bytes=${from}-` } : {});
    if (answer.status >= 500) return new RegistryError("cut", `the registry answers ${answer.status}`);
    if (answer.status !== 200 && !continues(answer, from)) {
      if (from === 0) throw new RegistryError("refused", `blob ${digest}: the registry answers ${answer.status}`);
      await file.clear();
      return new RegistryError("cut", `the registry answers ${answer.status} when asked to go on`);
    }
    // It knows no ranges and begins anew.
    if (answer.status === 200 && from > 0) await file.clear();
    for await (const chunk of answer.body) await file.add(chunk);
    return undefined;
  } catch (error) {
    if (isRegistryError(error, "wrong-bytes")) rmSync(partial, { force: true });
    if (isRegistryError(error, "cut")) return error;
    throw error;
  }
}

function continues({ status, headers }: CurlAnswer, from: number): boolean {
  return status === 206 && from > 0 && headers.get("content-range")?.startsWith(`bytes ${from}-`) === true;
}
