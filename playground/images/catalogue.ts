/**
 * Maps image references to what of this machine runs instead: no network is needed for them. The latest entry that
 * matches wins, so a user's file can replace a built-in image; what no entry names has to be pulled.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { busyboxRoot, commonRoot, hostRoot, joinRoots } from "./base-root.ts";
import { builtinEntries } from "./builtin.ts";
import type { ImageEntry, RootRecipe } from "./entry.ts";
import { formatReference, type ImageReference, parseReference } from "./reference.ts";
import type { RunConfig } from "./store/image-config.ts";
import { followUserFile } from "./user-file.ts";

export interface CatalogueOptions {
  /** Folder for what is prepared once, shared by all node agents. */
  readonly cache: string;
  readonly bundles: string;
  /** YAML file of the user, which need not be there yet and may change meanwhile. */
  readonly file: string;
  /** Default: the executable of this process. */
  readonly node?: string;
  /** A wireguard-go to prefer over the machine's, where it exists. */
  readonly wireguard?: string;
}

export interface Image extends RunConfig {
  /** As a container status shows it: `docker.io/library/redis:alpine`. */
  readonly reference: string;
  /** `docker.io/library/redis@sha256:…`; changes with the entry. */
  readonly id: string;
  readonly sizeBytes: number;
  /** Who there is in the image. */
  readonly accounts: { readonly passwd: string; readonly group: string };
  readonly root: RootRecipe;
}

export type CatalogueLookup =
  | { readonly found: true; readonly image: Image; readonly isBuiltIn: boolean }
  | { readonly found: false; readonly reason: "InvalidImageName" | "ErrImagePull"; readonly message: string }
  /** Others have it, by this reference; `problem` is what is wrong with the user's file. */
  | {
      readonly found: false;
      readonly reason: "NotListed";
      readonly reference: ImageReference;
      readonly problem?: string;
    };

export interface Catalogue {
  lookup(reference: string): CatalogueLookup;
  /** Every name that has an entry. */
  names(): string[];
}

const MOST_ALIASES = 8;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function openCatalogue(options: CatalogueOptions): Catalogue {
  mkdirSync(options.cache, { recursive: true });
  const node = realpathSync(options.node ?? process.execPath);
  const { bundles, wireguard = "", file } = options;
  const own = builtinEntries({ bundles, node, ...(existsSync(wireguard) && { wireguard }) });
  const users = followUserFile(file);
  const known = (): Known => {
    const { entries, problem } = users();
    return { own, users: entries, cache: options.cache, ...(problem !== undefined && { problem }) };
  };
  return {
    lookup: (reference) => lookup(known(), reference),
    names: () => [...known().own, ...known().users].flatMap((entry) => entry.names),
  };
}

interface Known {
  readonly own: readonly ImageEntry[];
  readonly users: readonly ImageEntry[];
  readonly problem?: string;
  readonly cache: string;
}

function lookup(known: Known, text: string, aliases = 0): CatalogueLookup {
  const reference = parseReference(text);
  if (reference === undefined) {
    const message = `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`;
    return { found: false, reason: "InvalidImageName", message };
  }
  const isIt = (candidate: ImageEntry): boolean => candidate.names.some((name) => matches(name, text));
  const usersOwn = known.users.findLast(isIt);
  const entry = usersOwn ?? known.own.findLast(isIt);
  if (entry?.alias !== undefined) {
    if (aliases < MOST_ALIASES) return named(lookup(known, entry.alias, aliases + 1), reference);
    const message = `failed to pull image "${text}": its aliases go in circles`;
    return { found: false, reason: "ErrImagePull", message };
  }
  if (entry === undefined || entry.pull === true) {
    const { problem } = known;
    return { found: false, reason: "NotListed", reference, ...(problem !== undefined && { problem }) };
  }
  const missing = entry.requires?.find((path) => !existsSync(path));
  if (missing !== undefined) {
    const remedy = entry.remedy === undefined ? "" : `; run: ${entry.remedy}`;
    const message = `failed to pull image "${text}": it is made from ${missing}, which does not exist on this machine${remedy}`;
    return { found: false, reason: "ErrImagePull", message };
  }
  const image = forgeImage(entry, formatReference(reference), reference.repository, known.cache);
  return { found: true, image, isBuiltIn: usersOwn === undefined };
}

/** What runs under another name is shown by the name that was asked for; a user wrote it. */
function named(found: CatalogueLookup, reference: ImageReference): CatalogueLookup {
  if (!found.found) return found;
  return { ...found, isBuiltIn: false, image: { ...found.image, reference: formatReference(reference) } };
}

function contentOf(root: RootRecipe, path: string): string {
  return root.files.find((file) => file.path === path)?.content ?? "";
}

function matches(name: string, text: string): boolean {
  const wanted = parseReference(name);
  const given = parseReference(text);
  if (wanted === undefined || wanted.repository !== given?.repository) return false;
  if (wanted.digest !== undefined) return wanted.digest === given.digest;
  return wanted.tag === undefined || wanted.tag === (given.tag ?? "latest");
}

function forgeImage(entry: ImageEntry, reference: string, repository: string, cache: string): Image {
  const base = entry.base === "host" ? hostRoot() : busyboxRoot(cache);
  const digest = createHash("sha256").update(JSON.stringify(entry)).digest("hex");
  const root = joinRoots(commonRoot(), base, entry.root ?? {});
  return {
    reference,
    id: `${repository}@sha256:${digest}`,
    entrypoint: entry.entrypoint ?? [],
    cmd: entry.cmd ?? [],
    env: { PATH, ...entry.env },
    user: entry.user ?? "",
    workingDir: entry.workingDir ?? "/",
    stopSignal: entry.stopSignal ?? "SIGTERM",
    sizeBytes: root.files.reduce((sum, file) => sum + file.content.length, 0),
    volumes: [],
    accounts: { passwd: contentOf(root, "/etc/passwd"), group: contentOf(root, "/etc/group") },
    root,
  };
}
