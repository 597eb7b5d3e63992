/** What a person means by the image to load: an archive, a folder with an OCI layout, or an image of Docker or podman. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Context } from "#base/context.ts";
import { run } from "#base/run.ts";
import { formatReference, type ImageReference, parseReference } from "../reference.ts";
import type { LoadSource } from "./pull.ts";

export interface SourceOptions {
  /** Default: the names in the archive. */
  readonly name?: ImageReference;
  /** Where Docker's daemon would listen: `unix:///var/run/docker.sock`, `tcp://10.0.0.1:2375`. Default: $DOCKER_HOST. */
  readonly dockerHost?: string;
  readonly path?: string;
}

interface Found {
  readonly source: string;
  /** As the archive calls it. */
  readonly names: readonly string[];
  readonly dockerHost?: string;
}

const READ_DEADLINE_MS = 60_000;
const DOCKER_HOST = "unix:///var/run/docker.sock";
const HUB = "docker.io/";
const REF_NAME = "org.opencontainers.image.ref.name";
// docker save and containerd write the whole name there, and into the other the tag alone.
const IMAGE_NAME = "io.containerd.image.name";

/** Each image of it, by each of its names. Throws when there is none, or none with a name. */
export async function sourcesOf(ctx: Context, what: string, options: SourceOptions = {}): Promise<LoadSource[]> {
  const found = existsSync(what) ? await inFile(ctx, resolve(what)) : await elsewhere(ctx, what, options);
  if (options.name !== undefined) {
    const [only, ...others] = found;
    if (only === undefined || others.length > 0)
      throw new Error(`${what}: --name is for one image, and there are ${found.length}`);
    return [{ ...sourceOf(only), reference: options.name }];
  }
  return found.flatMap((each) => {
    const { names } = each;
    const references = names.flatMap((name) => parseReference(name) ?? []);
    if (references.length === 0)
      throw new Error(
        `${what}: an image in it has no name${names.length > 0 ? ` but ${names.join(", ")}` : ""}; give it one with --name`,
      );
    return references.map((reference) => ({ ...sourceOf(each), reference }));
  });
}

function sourceOf({ source, dockerHost }: Found): Omit<LoadSource, "reference"> {
  return { source, ...(dockerHost !== undefined && { dockerHost }) };
}

async function inFile(ctx: Context, path: string): Promise<Found[]> {
  if (path.includes(":")) throw new Error(`${path}: a path with a colon cannot be read`);
  if (statSync(path).isDirectory()) {
    const index = join(path, "index.json");
    if (!existsSync(index)) throw new Error(`${path}: no OCI layout, it has no index.json`);
    return inIndex(`oci:${path}`, readFileSync(index, "utf8"));
  }
  const manifest = await member(ctx, path, "manifest.json");
  if (manifest !== undefined) return inManifest(path, manifest);
  const index = await member(ctx, path, "index.json");
  if (index === undefined)
    throw new Error(`${path}: no archive of images, it has neither manifest.json nor index.json`);
  return inIndex(`oci-archive:${path}`, index);
}

/** Text of a file of the archive; undefined where it has none. */
async function member(ctx: Context, archive: string, name: string): Promise<string | undefined> {
  const options = { timeoutMs: READ_DEADLINE_MS, signal: ctx.signal };
  for (const form of [name, `./${name}`]) {
    const text = await run(
      "tar",
      ["--extract", "--to-stdout", "--occurrence=1", "--file", archive, form],
      options,
    ).catch(() => undefined);
    if (text !== undefined) return text.stdout;
  }
  return undefined;
}

/** Docker's archive. */
function inManifest(path: string, text: string): Found[] {
  const images = parse<{ RepoTags?: string[] | null }[]>(path, text);
  if (!Array.isArray(images)) throw new Error(`${path}: manifest.json is no list of images`);
  return images.map(({ RepoTags }, at) => ({ source: `docker-archive:${path}:@${at}`, names: RepoTags ?? [] }));
}

function inIndex(place: string, text: string): Found[] {
  const { manifests } = parse<{ manifests?: { annotations?: Record<string, string> }[] }>(place, text);
  if (!Array.isArray(manifests)) throw new Error(`${place}: index.json has no list of manifests`);
  return manifests.map(({ annotations }) => {
    const own = annotations?.[REF_NAME];
    const whole = annotations?.[IMAGE_NAME] ?? (own !== undefined && isWhole(own) ? own : undefined);
    // Without a name skopeo takes the only one there is.
    return { source: own === undefined ? place : `${place}:${own}`, names: whole === undefined ? [] : [whole] };
  });
}

/** `v1` is a tag, `web:v1` and `example.com/web` are names. */
function isWhole(name: string): boolean {
  return /[/:]/.test(name);
}

async function elsewhere(
  ctx: Context,
  what: string,
  {
    dockerHost = process.env["DOCKER_HOST"] ?? DOCKER_HOST,
    path = process.env["PATH"] ?? "",
  }: Omit<SourceOptions, "name">,
): Promise<Found[]> {
  const reference = parseReference(what);
  if (reference === undefined) throw new Error(`${what}: neither a file, nor a folder, nor the name of an image`);
  const name = formatReference(reference);
  if (isReachable(dockerHost)) return [{ source: `docker-daemon:${name}`, names: [what], dockerHost }];
  const hasPodman = path
    .split(":")
    .some((folder) => existsSync(join(folder, "podman")) || existsSync(join(folder, "buildah")));
  if (hasPodman) return [{ source: await inPodman(ctx, what, reference), names: [what] }];
  throw new Error(
    `${what}: no such file or folder, and this machine has neither Docker nor podman with an image of that name`,
  );
}

/** Whether it is worth asking. */
function isReachable(dockerHost: string): boolean {
  return dockerHost.startsWith("unix://")
    ? existsSync(dockerHost.slice("unix://".length))
    : dockerHost.startsWith("tcp://");
}

/** What is built by podman and buildah under a short name is `localhost/web:1`, and not the hub's. */
async function inPodman(ctx: Context, what: string, reference: ImageReference): Promise<string> {
  const source = `containers-storage:${formatReference(reference)}`;
  if (!reference.repository.startsWith(HUB) || what.startsWith(HUB)) return source;
  const path = reference.repository.slice(HUB.length).replace(what.startsWith("library/") ? "" : /^library\//, "");
  const own = `containers-storage:${formatReference({ ...reference, repository: `localhost/${path}` })}`;
  const isOwn = await run("skopeo", ["inspect", "--raw", own], {
    timeoutMs: READ_DEADLINE_MS,
    signal: ctx.signal,
  }).then(
    () => true,
    () => false,
  );
  return isOwn ? own : source;
}

function parse<T>(where: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Error(`${where}: not an archive of images`, { cause });
  }
}
