/**
 * Brings large layers from a registry into the store before skopeo takes what is there: skopeo as Debian 12 has it begins a layer
 * that was cut anew. Where to ask, and with which credentials, is as skopeo did; whatever cannot be had this way is left to it.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { entriesOf } from "#base/folder.ts";
import { run } from "#base/run.ts";
import { fetchBlob } from "../registry/blob.ts";
import type { Trust } from "../registry/curl.ts";
import { type Credential, credentialHelperOf, credentialsFor } from "../registry/keyring.ts";
import { RegistryClient } from "../registry/registry-client.ts";
import { isRegistryError } from "../registry/registry-error.ts";
import { Turns } from "../turns.ts";
import { chooseManifest, type ImageManifest, parseManifest } from "./image-config.ts";
import { blobPath } from "./layers.ts";
import { lockFile } from "./lock.ts";
import type { Places } from "./places.ts";
import { diskUsage, noRoom } from "./room.ts";
import { type SkopeoOptions, trustIn } from "./skopeo.ts";

// What is smaller is quicker begun anew than asked for on its own.
const LEAST_BYTES = 1024 * 1024;
// containerd: max_concurrent_downloads
const AT_ONCE = 3;
const HELPER_DEADLINE_MS = 30_000;
const MACHINE_CERTIFICATES = ["/etc/containers/certs.d", "/etc/docker/certs.d"];
const MANIFESTS = [
  ...["application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"],
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

export const ACCEPT = { accept: MANIFESTS.join(", ") };

export interface RegistryOptions {
  /** As skopeo names it, and where that is. */
  readonly source: string;
  readonly repository: string;
  readonly authFile: string;
  /** A folder for what only this client needs. */
  readonly folder: string;
}

/** Asks the registry as skopeo would. */
export async function openRegistry(
  ctx: Context,
  { places, enter, clock }: SkopeoOptions,
  { source, repository, authFile, folder }: RegistryOptions,
): Promise<RegistryClient> {
  const { host, pathname } = new URL(repository);
  const name = `${host === "registry-1.docker.io" ? "docker.io" : host}${pathname.replace(/^.*?\/v2\//, "/")}`;
  const config = existsSync(authFile) ? readFileSync(authFile, "utf8") : "";
  const credential = credentialsFor([config], name)[0] ?? (await askHelper(ctx, enter, config, name));
  const trust = trustOf(places, source, host, folder);
  return new RegistryClient({ enter, clock, repository, trust, ...(credential !== undefined && { credential }) });
}

/** Throws when the layers cannot be had at all, and skopeo would not get them either. */
export async function fetchLayers(
  ctx: Context,
  deps: SkopeoOptions,
  client: RegistryClient,
  raw: string,
): Promise<void> {
  const manifest = await manifestOf(ctx, deps.places, client, raw).catch((error: unknown) => {
    if (ctx.signal.aborted || isRegistryError(error, "rate-limited")) throw error;
    return undefined;
  });
  const isMissing = ({ digest, size }: ImageManifest["layers"][number]): boolean =>
    Number.isSafeInteger(size) && size >= LEAST_BYTES && !existsSync(blobPath(deps.places, digest));
  const layers = [...new Map(manifest?.layers.filter(isMissing).map((layer) => [layer.digest, layer])).values()];
  if (layers.length === 0) return;
  requireRoom(deps.places, layers);
  const { ctx: fetching, cancel } = withCancel(ctx);
  const turns = new Turns(AT_ONCE);
  const all = layers.map(async (layer) => {
    using _turn = await turns.next(fetching);
    await fetchLayer(fetching, deps, client, layer);
  });
  try {
    await Promise.all(all);
  } catch (error) {
    cancel();
    await Promise.allSettled(all);
    leave(ctx, error);
  }
}

/** Skopeo tells it, or knows a way. */
function leave(ctx: Context, error: unknown): void {
  if (ctx.signal.aborted || !isRegistryError(error, "refused")) throw error;
  ctx.log.info("layers are left to skopeo", { why: messageOf(error) });
}

/** That of this machine. */
async function manifestOf(
  ctx: Context,
  places: Places,
  client: RegistryClient,
  raw: string,
): Promise<ImageManifest | undefined> {
  const chosen = chooseManifest(raw);
  if (chosen === undefined) return undefined;
  if (chosen === "itself") return parseManifest(raw);
  const path = blobPath(places, chosen);
  if (existsSync(path)) return parseManifest(readFileSync(path, "utf8"));
  const text = await client.getText(ctx, `manifests/${chosen}`, ACCEPT);
  // Skopeo asks again and tells it.
  return `sha256:${createHash("sha256").update(text).digest("hex")}` === chosen ? parseManifest(text) : undefined;
}

async function fetchLayer(
  ctx: Context,
  { places, clock }: SkopeoOptions,
  client: RegistryClient,
  { digest, size }: ImageManifest["layers"][number],
): Promise<void> {
  const name = digest.slice("sha256:".length);
  // Another node may be pulling the same.
  await using _turn = await lockFile(ctx, join(places.locks, `blob-${name}`), "exclusive");
  const path = blobPath(places, digest);
  if (existsSync(path)) return;
  await fetchBlob(ctx, { client, clock, digest, sizeBytes: size, partial: join(places.partial, name), path });
}

function requireRoom(places: Places, layers: ImageManifest["layers"]): void {
  const { usedBytes, mostBytes } = diskUsage(places);
  const come = ({ digest }: { digest: string }): number =>
    statSync(join(places.partial, digest.slice("sha256:".length)), { throwIfNoEntry: false })?.size ?? 0;
  const wanted = layers.reduce((sum, layer) => sum + Math.max(0, layer.size - come(layer)), 0);
  // Unpacked they take as much again, at least.
  if (usedBytes + wanted > mostBytes) throw noRoom(places, wanted * 2);
}

/** What skopeo would trust, in one file. */
function trustOf(places: Places, source: string, host: string, folder: string): Trust {
  const { certificates, isInsecure } = trustIn(places, source);
  const folders = certificates === undefined ? MACHINE_CERTIFICATES.map((each) => join(each, host)) : [certificates];
  const own = folders.find((each) => existsSync(each)) ?? "";
  const texts = entriesOf(own)
    .filter((name) => name.endsWith(".crt"))
    .map((name) => readFileSync(join(own, name), "utf8"));
  if (texts.length === 0) return { isInsecure };
  const caFile = join(folder, "ca.crt");
  writeFileSync(caFile, texts.join("\n"));
  return { isInsecure, caFile };
}

/** docker-credential-helpers(7): the registry's name in, `Username` and `Secret` out. Nothing where that does not work. */
async function askHelper(
  ctx: Context,
  enter: readonly string[],
  config: string,
  name: string,
): Promise<Credential | undefined> {
  const helper = credentialHelperOf(config, name);
  if (helper === undefined) return undefined;
  const [file = "", ...args] = [...enter, `docker-credential-${helper.program}`, "get"];
  const options = { input: helper.server, timeoutMs: HELPER_DEADLINE_MS, signal: ctx.signal };
  const { stdout } = await run(file, args, options).catch(() => ({ stdout: "{}" }));
  try {
    const { Username: username, Secret: password } = JSON.parse(stdout) as Record<string, unknown>;
    const isUsable = typeof username === "string" && typeof password === "string" && username !== "<token>";
    return isUsable ? { username, password } : undefined;
  } catch {
    return undefined;
  }
}
