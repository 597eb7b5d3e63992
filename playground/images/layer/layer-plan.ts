/**
 * Decides what of a layer's archive is written, entry by entry: pure. What comes out is safe to unpack as root: names without
 * `..` and through no link, no devices, no attributes but capabilities and users' own, and whiteouts as overlayfs writes them.
 * OCI: image-spec/layer.md
 */
import { resolveInRoot } from "../path-in-root.ts";
import { LayerError } from "./layer-error.ts";
import { shown, type TarEntry } from "./tar-header.ts";

export interface LayerLimits {
  readonly bytes: number;
  readonly entries: number;
}

/** Of a directory in the layers below. */
export type DirectoryMeta = Pick<TarEntry, "mode" | "uid" | "gid">;

export interface LayerPlanOptions {
  readonly limits: LayerLimits;
  /** For directories that the archive does not have itself, but something in them. */
  readonly lower: (path: string) => DirectoryMeta | undefined;
  /** Whether what hides lower layers is written, as overlayfs reads it, or only told of. */
  readonly hasMarks: boolean;
}

type Known =
  | { readonly kind: "directory"; readonly entry: TarEntry }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "file" | "whiteout" | "left out" };

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const OPAQUE_XATTR = { "trusted.overlay.opaque": "y" };
const MOST_NAME = 4096;
const BARE = { size: 0, mtime: "0", linkName: "", xattrs: {} };

export class LayerPlan {
  /** What hides entries of the layers below, for whoever lays them over each other by hand. */
  readonly whiteouts: string[] = [];
  readonly opaque: string[] = [];
  #bytes = 0;
  #entries = 0;
  readonly #options: LayerPlanOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: LayerPlanOptions) {
    this.#options = options;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries;
  }

  /** What to write in its place, in this order; the last has its body. Nothing: it is left out. */
  place(entry: TarEntry): TarEntry[] {
    this.#count(entry);
    const parts = partsOf(entry.name);
    const base = parts.pop();
    if (base === undefined) return [];
    const { path: folder, written } = this.#folder(parts, entry.name);
    if (base === OPAQUE) return [...written, ...this.#placeOpaque(folder)];
    const path = join(folder, base);
    if (base.startsWith(WHITEOUT)) return [...written, ...this.#placeWhiteout(folder, base)];
    const placed = this.#placed(entry, path);
    return placed === undefined ? written : [...written, placed];
  }

  get #opaqueMark(): Readonly<Record<string, string>> {
    return this.#options.hasMarks ? OPAQUE_XATTR : {};
  }

  #count(entry: TarEntry): void {
    const { limits } = this.#options;
    this.#entries++;
    this.#bytes += entry.size;
    if (this.#entries > limits.entries) throw new LayerError(`the layer has more than ${limits.entries} entries`);
    if (this.#bytes > limits.bytes)
      throw new LayerError(`the layer unpacks to more than the ${limits.bytes} bytes that it may have`, {
        isTooLarge: true,
      });
    if (entry.name.length > MOST_NAME || entry.linkName.length > MOST_NAME || entry.name.includes("\0"))
      throw new LayerError(`${shown(entry.name)}: the name is too long, or none`);
  }

  #placed(entry: TarEntry, path: string): TarEntry | undefined {
    const before = this.#known.get(path);
    const xattrs = Object.fromEntries(
      Object.entries(entry.xattrs).filter(([name]) => name === "security.capability" || name.startsWith("user.")),
    );
    const own = { ...entry, name: path, xattrs };
    switch (entry.type) {
      case "character":
      case "block":
        this.#known.set(path, { kind: "left out" });
        return undefined;
      case "directory": {
        // Deleted and made again: nothing of the old one shows through.
        const isNew = before?.kind === "whiteout";
        const placed = { ...own, linkName: "", xattrs: { ...xattrs, ...(isNew && this.#opaqueMark) } };
        if (isNew) this.opaque.push(path);
        this.#known.set(path, { kind: "directory", entry: placed });
        return placed;
      }
      case "symlink":
        this.#known.set(path, { kind: "symlink", target: entry.linkName });
        return own;
      case "link":
        return this.#placeLink(own);
      default:
        this.#known.set(path, { kind: "file" });
        return { ...own, linkName: "" };
    }
  }

  #placeLink(entry: TarEntry): TarEntry | undefined {
    const parts = partsOf(entry.linkName);
    const base = parts.pop() ?? "";
    const target = join(this.#resolve(parts, entry.name), base);
    const known = this.#known.get(target);
    if (known?.kind === "left out") return undefined;
    if (known === undefined || known.kind === "whiteout" || known.kind === "directory" || target === entry.name)
      throw new LayerError(
        `${shown(entry.name)}: a hard link to ${shown(entry.linkName)}, which is no file of the layer`,
      );
    this.#known.set(entry.name, known);
    return { ...entry, linkName: target };
  }

  #placeOpaque(folder: string): TarEntry[] {
    const known = this.#known.get(folder);
    if (folder === "" || known?.kind !== "directory") return [];
    const entry = { ...known.entry, xattrs: { ...known.entry.xattrs, ...this.#opaqueMark } };
    this.#known.set(folder, { kind: "directory", entry });
    this.opaque.push(folder);
    return [entry];
  }

  /** An entry of that name in the same layer stays: only what is below is hidden. */
  #placeWhiteout(folder: string, base: string): TarEntry[] {
    const hidden = base.slice(WHITEOUT.length);
    if (hidden.startsWith(WHITEOUT)) return [];
    if (["", ".", ".."].includes(hidden))
      throw new LayerError(`${shown(join(folder, base))}: hides nothing that can be`);
    const path = join(folder, hidden);
    if (this.#known.has(path)) return [];
    this.#known.set(path, { kind: "whiteout" });
    this.whiteouts.push(path);
    if (!this.#options.hasMarks) return [];
    return [{ ...BARE, type: "character", name: path, mode: 0, uid: 0, gid: 0 }];
  }

  /** The folder that the parts mean, with what of it has to be written first. */
  #folder(parts: readonly string[], name: string): { path: string; written: TarEntry[] } {
    const path = this.#resolve(parts, name);
    const written: TarEntry[] = [];
    let at = "";
    for (const part of path === "" ? [] : path.split("/")) {
      at = join(at, part);
      const known = this.#known.get(at);
      if (known?.kind === "directory") continue;
      if (known !== undefined && known.kind !== "whiteout")
        throw new LayerError(`${shown(name)}: ${shown(at)} is no directory`);
      const meta = known === undefined ? this.#options.lower(at) : undefined;
      const { mode = 0o755, uid = 0, gid = 0 } = meta ?? {};
      const xattrs = known === undefined ? {} : this.#opaqueMark;
      const entry: TarEntry = { ...BARE, type: "directory", name: at, mode, uid, gid, xattrs };
      if (known !== undefined) this.opaque.push(at);
      this.#known.set(at, { kind: "directory", entry });
      written.push(entry);
    }
    return { path, written };
  }

  /** Follows links of this layer as within its root, which they cannot leave. */
  #resolve(parts: readonly string[], name: string): string {
    const resolved = resolveInRoot(parts.join("/"), (at) => {
      const known = this.#known.get(at);
      return known?.kind === "symlink" ? { link: known.target } : undefined;
    });
    if (resolved === undefined) throw new LayerError(`${shown(name)}: too many links on the way`);
    return resolved;
  }
}

function partsOf(name: string): string[] {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new LayerError(`${shown(name)}: leads out of the image's root`);
  return parts;
}

function join(folder: string, base: string): string {
  return folder === "" ? base : `${folder}/${base}`;
}
