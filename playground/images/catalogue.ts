/**
 * Maps image references to what runs: the playground's "registry". The node agent asks it instead of pulling.
 * The latest entry that matches wins, so a user's file can replace a built-in image.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { busyboxRoot, commonRoot, hostRoot, joinRoots } from "./base-root.ts";
import { builtinEntries } from "./builtin.ts";
import type { ImageEntry, RootRecipe } from "./entry.ts";
import { formatReference, parseReference } from "./reference.ts";
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

export interface Image {
  /** As a container status shows it: `docker.io/library/redis:alpine`. */
  readonly reference: string;
  /** `docker.io/library/redis@sha256:…`; changes with the entry. */
  readonly id: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workingDir: string;
  readonly stopSignal: string;
  readonly sizeBytes: number;
  readonly root: RootRecipe;
}

export type ImageLookup =
  | { readonly found: true; readonly image: Image }
  | { readonly found: false; readonly reason: "InvalidImageName" | "ErrImagePull"; readonly message: string };

export interface Catalogue {
  lookup(reference: string): ImageLookup;
  /** Every name that has an entry. */
  names(): string[];
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function openCatalogue(options: CatalogueOptions): Catalogue {
  mkdirSync(options.cache, { recursive: true });
  const node = realpathSync(options.node ?? process.execPath);
  const { bundles, wireguard = "", file } = options;
  const own = builtinEntries({ bundles, node, ...(existsSync(wireguard) && { wireguard }) });
  const users = followUserFile(file);
  const known = (): Known => {
    const { entries, problem } = users();
    const howToAdd = `add an entry to ${file}${problem === undefined ? "" : `; ${problem}`}`;
    return { entries: [...own, ...entries], howToAdd, cache: options.cache };
  };
  return {
    lookup: (reference) => lookup(known(), reference),
    names: () => known().entries.flatMap((entry) => entry.names),
  };
}

interface Known {
  readonly entries: readonly ImageEntry[];
  /** Ends what is said of an image that is not there. */
  readonly howToAdd: string;
  readonly cache: string;
}

function lookup({ entries, howToAdd, cache }: Known, text: string): ImageLookup {
  const reference = parseReference(text);
  if (reference === undefined) {
    const message = `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`;
    return { found: false, reason: "InvalidImageName", message };
  }
  const entry = entries.findLast((candidate) => candidate.names.some((name) => matches(name, text)));
  if (entry === undefined) {
    const message = `failed to pull image "${text}": ${reference.repository} is not in the playground's image catalogue; ${howToAdd}`;
    return { found: false, reason: "ErrImagePull", message };
  }
  const missing = entry.requires?.find((path) => !existsSync(path));
  if (missing !== undefined) {
    const remedy = entry.remedy === undefined ? "" : `; run: ${entry.remedy}`;
    const message = `failed to pull image "${text}": it is made from ${missing}, which does not exist on this machine${remedy}`;
    return { found: false, reason: "ErrImagePull", message };
  }
  return { found: true, image: forgeImage(entry, formatReference(reference), reference.repository, cache) };
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
    root,
  };
}
