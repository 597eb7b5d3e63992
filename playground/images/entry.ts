/** What a catalogue entry says, and how a user writes one in YAML. */
import { parseYaml } from "#base/text/yaml.ts";
import { parseReference } from "./reference.ts";

/** What the container's root is made of. Everything else in it is empty and private to the container. */
export interface RootRecipe {
  /** Folders or files of the machine, read-only inside the container. */
  readonly binds: readonly { readonly host: string; readonly path: string }[];
  readonly directories: readonly { readonly path: string; readonly mode?: number; readonly owner?: number }[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode?: number }[];
}

/** One image as the table or the user describes it. */
export interface ImageEntry {
  /** References that mean this image; a tag or digest is only compared where given. */
  readonly names: readonly string[];
  /** `host`: the programs and libraries of this machine. `busybox`: busybox and nothing else. */
  readonly base: "host" | "busybox";
  /** In place of all below: the image that is meant, of the catalogue or of a registry. */
  readonly alias?: string;
  /** In place of all below: the image is not ours, although others here are called so. */
  readonly pull?: true;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `uid[:gid]`, numbers or names of the image's /etc/passwd. Default root. */
  readonly user?: string;
  readonly workingDir?: string;
  readonly stopSignal?: string;
  /** Files of the machine that must exist for the image to work. */
  readonly requires?: readonly string[];
  /** What to do when one of them is missing. */
  readonly remedy?: string;
  readonly root?: Partial<RootRecipe>;
}

const FIELDS = new Set([
  "names",
  "base",
  "alias",
  "pull",
  "entrypoint",
  "cmd",
  "env",
  "user",
  "workingDir",
  "stopSignal",
  "requires",
  "remedy",
  "root",
]);

/** The entries of a user's file: `images: [{names: […], base: host, entrypoint: […], …}]`. Throws on anything it does not know. */
export function parseEntries(text: string, origin: string): ImageEntry[] {
  const file = parseYaml(text) as { images?: unknown } | null;
  const images = file?.images;
  if (!Array.isArray(images)) throw new TypeError(`${origin}: must have a list "images"`);
  return images.map((item: unknown, index) => checkEntry(item, `${origin}: images[${index}]`));
}

function checkEntry(item: unknown, where: string): ImageEntry {
  if (typeof item !== "object" || item === null) throw new TypeError(`${where}: must be an object`);
  for (const field of Object.keys(item)) {
    if (!FIELDS.has(field))
      throw new TypeError(`${where}.${field}: not supported; known are ${[...FIELDS].join(", ")}`);
  }
  const entry = item as Partial<ImageEntry>;
  if (!Array.isArray(entry.names) || entry.names.length === 0)
    throw new TypeError(`${where}.names: must list at least one name`);
  const ways = [entry.base, entry.alias, entry.pull].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new TypeError(`${where}: must have one of base, alias and pull`);
  if (entry.alias !== undefined && parseReference(String(entry.alias)) === undefined)
    throw new TypeError(`${where}.alias: must be the reference of an image`);
  if (entry.pull !== undefined && entry.pull !== true) throw new TypeError(`${where}.pull: must be true`);
  if (entry.base !== undefined && entry.base !== "host" && entry.base !== "busybox")
    throw new TypeError(`${where}.base: must be "host" or "busybox"`);
  if (entry.base === undefined && Object.keys(entry).length > 2)
    throw new TypeError(`${where}: alias and pull stand beside names alone`);
  return { base: "host", ...entry } as ImageEntry;
}
