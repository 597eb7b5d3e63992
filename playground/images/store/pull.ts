/** Brings an image into the store: from a registry, or from an archive or another engine's store. */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Context, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { LayerError } from "../layer/layer-error.ts";
import { formatReference, type ImageReference } from "../reference.ts";
import { type Credential, formatAuthFile, hashOf, registryOf } from "../registry/keyring.ts";
import type { RateLimits } from "../registry/rate-limits.ts";
import { isRegistryError } from "../registry/registry-error.ts";
import { ACCEPT, fetchLayers, openRegistry, type RegistryOptions } from "./fetch-layers.ts";
import { whileItComes } from "./growth.ts";
import { parseImageConfig, parseManifest } from "./image-config.ts";
import { blobPath, ensureLayers, type LayersOptions, readFromLayers } from "./layers.ts";
import type { Places } from "./places.ts";
import { findImageRecord, type ImageRecord, writeImageRecord } from "./records.ts";
import { diskUsage, isDiskFull, NoRoomError, noRoom } from "./room.ts";
import { type CopyOptions, copyToLayout, inspect, type SkopeoOptions } from "./skopeo.ts";

export interface PullDeps extends SkopeoOptions {
  readonly limits: RateLimits;
}

const WORDS_DEADLINE_MS = 10_000;
// Of one image, whatever room there is.
const MOST_ENTRIES = 1_000_000;
const MOST_UNPACKED_BYTES = 16 * 1024 ** 3;
// What is freed for an image that somebody else's files have left no room for.
const FULL_DISK_BYTES = 256 * 1024 ** 2;
// Of gzip and zstd it is two to four; an image that unpacks to a thousand times itself is no reason to remove others.
const UNPACKED_RATIO = 4;

/** How to ask the registry. */
type Attempt = { readonly credential: Credential } | { readonly nodeFile: string } | "anonymous";

/** Tries the credentials one after the other, then this machine's own; throws what the registry said to the first. */
export async function pullFromRegistry(
  ctx: Context,
  deps: PullDeps,
  reference: ImageReference,
  credentials: readonly Credential[],
): Promise<ImageRecord> {
  let first: unknown;
  for (const attempt of attemptsOf(credentials)) {
    try {
      return await pullOnce(ctx, deps, reference, attempt);
    } catch (error) {
      if (ctx.signal.aborted || error instanceof NoRoomError) throw error;
      first ??= error;
    }
  }
  throw first;
}

function attemptsOf(credentials: readonly Credential[]): Attempt[] {
  const folder = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
  const nodeFile = join(folder, "config.json");
  const own: Attempt[] = existsSync(nodeFile) ? [{ nodeFile }] : credentials.length === 0 ? ["anonymous"] : [];
  return [...credentials.map((credential) => ({ credential })), ...own];
}

function pullOnce(ctx: Context, deps: PullDeps, reference: ImageReference, attempt: Attempt): Promise<ImageRecord> {
  const { repository } = reference;
  const access = typeof attempt === "object" && "credential" in attempt ? [hashOf(attempt.credential)] : "everybody";
  return deps.limits.ask(`${repository} ${access}`, () =>
    inFolder(deps.places, async (folder) => {
      const authFile = authFileOf(folder, registryOf(repository), attempt);
      const from = { source: `docker://${formatReference(reference)}`, authFile, folder };
      const { raw, repository: found } = await inspect(ctx, deps, from.source, authFile).catch((error: unknown) =>
        inItsWords(ctx, deps, from, error),
      );
      // By digest, so that a tag that moves meanwhile mixes nothing.
      const digest = reference.digest ?? `sha256:${createHash("sha256").update(raw).digest("hex")}`;
      const layout = await whileItComes(ctx, deps, async (watched) => {
        if (found !== undefined) {
          const client = await openRegistry(watched, deps, { ...from, repository: found });
          await fetchLayers(watched, deps, client, raw);
        }
        return await copyTo(watched, deps, folder, { source: `docker://${repository}@${digest}`, authFile });
      });
      return addFromLayout(ctx, deps, layout, { reference, digest, access });
    }),
  );
}

/** Skopeo knows that there are too many requests, and not what the registry says about it. */
async function inItsWords(
  ctx: Context,
  deps: PullDeps,
  from: Omit<RegistryOptions, "repository">,
  error: unknown,
): Promise<never> {
  if (!isRegistryError(error, "rate-limited")) throw error;
  const [, repository = "", what = ""] = /^(.+\/v2\/.+)\/(manifests\/[^/]+)$/.exec(error.url ?? "") ?? [];
  if (repository === "") throw error;
  const asking = withTimeout(ctx, WORDS_DEADLINE_MS);
  const client = await openRegistry(asking, deps, { ...from, repository });
  const answer = await client.getText(asking, what, ACCEPT).catch((told: unknown) => told);
  throw isRegistryError(answer, "rate-limited") ? answer : error;
}

export interface LoadSource {
  /** As skopeo names it. */
  readonly source: string;
  readonly reference: ImageReference;
  /** Of Docker's daemon: `unix:///var/run/docker.sock`. */
  readonly dockerHost?: string;
  /** Absent: all. */
  readonly clusters?: readonly string[];
}

/** An image that somebody gave by hand: everybody's. */
export function addFromSource(
  ctx: Context,
  deps: PullDeps,
  { source, reference, dockerHost, clusters }: LoadSource,
): Promise<ImageRecord> {
  return inFolder(deps.places, async (folder) => {
    const layout = await whileItComes(ctx, deps, (watched) =>
      copyTo(watched, deps, folder, { source, ...(dockerHost !== undefined && { dockerHost }) }),
    );
    const loaded = clusters === undefined ? {} : { clusters };
    return addFromLayout(ctx, deps, layout, { reference, access: "everybody", loaded });
  });
}

async function inFolder<T>(places: Places, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(places.tmp, randomUUID());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await work(folder);
  } catch (error) {
    throw isDiskFull(error) ? noRoom(places, FULL_DISK_BYTES, error) : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Not readable by others, and gone with the folder. */
function authFileOf(folder: string, registry: string, attempt: Attempt): string {
  if (typeof attempt === "object" && "nodeFile" in attempt) return attempt.nodeFile;
  const path = join(folder, "auth.json");
  const credential = attempt === "anonymous" ? undefined : attempt.credential;
  writeFileSync(path, formatAuthFile(registry, credential), { mode: 0o600 });
  return path;
}

async function copyTo(
  ctx: Context,
  deps: PullDeps,
  folder: string,
  from: Omit<CopyOptions, "layout">,
): Promise<string> {
  const layout = join(folder, "layout");
  await copyToLayout(ctx, deps, { ...from, layout });
  return layout;
}

interface Added {
  readonly reference: ImageReference;
  /** Default: the manifest's own. */
  readonly digest?: string;
  readonly access: ImageRecord["access"];
  readonly loaded?: ImageRecord["loaded"];
}

async function addFromLayout(
  ctx: Context,
  { places, clock }: PullDeps,
  layout: string,
  added: Added,
): Promise<ImageRecord> {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests?: { digest: string }[] };
  const manifestDigest = index.manifests?.[0]?.digest ?? "";
  const manifest = parseManifest(readFileSync(blobPath(places, manifestDigest), "utf8"));
  const config = parseImageConfig(readFileSync(blobPath(places, manifest.config), "utf8"));
  const blobs = manifest.layers.map(({ digest }) => digest);
  const sizeBytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
  const layers = await unpackLayers(ctx, places, { blobs, diffIds: config.diffIds, sizeBytes });
  const reference = formatReference(added.reference);
  const digest = added.digest ?? manifestDigest;
  const before = findImageRecord(places, reference);
  const record: ImageRecord = {
    ...{ reference, repository: added.reference.repository, digest, config, layers },
    blobs: [manifestDigest, manifest.config, ...blobs],
    sizeBytes,
    accounts: {
      passwd: readFromLayers(places, layers, "etc/passwd"),
      group: readFromLayers(places, layers, "etc/group"),
    },
    pulledAtMs: clock.epochMs(),
    access: before?.digest === digest ? widened(before.access, added.access) : added.access,
    ...(added.loaded !== undefined && {
      loaded: joined(before?.digest === digest ? before.loaded : added.loaded, added.loaded),
    }),
  };
  writeImageRecord(places, record);
  return record;
}

async function unpackLayers(
  ctx: Context,
  places: Places,
  { sizeBytes, ...image }: Pick<LayersOptions, "blobs" | "diffIds"> & { readonly sizeBytes: number },
): Promise<string[]> {
  const { usedBytes, mostBytes } = diskUsage(places);
  const roomBytes = Math.max(0, mostBytes - usedBytes);
  const limits = { bytes: MOST_UNPACKED_BYTES, entries: MOST_ENTRIES };
  try {
    return await ensureLayers(ctx, places, { ...image, limits, roomBytes });
  } catch (error) {
    if (error instanceof LayerError && error.isTooLarge && roomBytes < MOST_UNPACKED_BYTES)
      throw noRoom(places, sizeBytes * UNPACKED_RATIO, error);
    throw error;
  }
}

/** Who could use what is there already still can. */
function widened(before: ImageRecord["access"], now: ImageRecord["access"]): ImageRecord["access"] {
  if (before === "everybody" || now === "everybody") return "everybody";
  return [...new Set([...before, ...now])];
}

/** What was loaded for one cluster, and now for another, is in both. */
function joined(
  before: ImageRecord["loaded"],
  now: NonNullable<ImageRecord["loaded"]>,
): NonNullable<ImageRecord["loaded"]> {
  if (before?.clusters === undefined || now.clusters === undefined) return before === undefined ? now : {};
  return { clusters: [...new Set([...before.clusters, ...now.clusters])] };
}

/** As a pod shows it, with the registry's own words. */
export function pullFailure(reference: string, error: unknown): string {
  return `failed to pull and unpack image "${reference}": ${messageOf(error)}`;
}
