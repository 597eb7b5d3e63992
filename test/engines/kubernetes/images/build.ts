/**
 * OCI images of what the catalogue of the embedded engine lists, from the files of this machine: the same names and
 * configurations on both engines. Programs come as one layer that all images share, each image's own files as another.
 */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "#base/run.ts";
import { busyboxRoot, commonRoot, hostRoot, joinRoots } from "#playground/images/base-root.ts";
import { builtinEntries } from "#playground/images/builtin.ts";
import type { ImageEntry, RootRecipe } from "#playground/images/entry.ts";
import { parseReference } from "#playground/images/reference.ts";
import { PINNED, packArchive } from "./archive.ts";
import { closureOf, findPrograms } from "./closure.ts";
import { addImage, addLayer, type Descriptor, type ImageConfig, writeIndex } from "./layout.ts";
import { stageFiles } from "./stage.ts";

/** What `host` means in an image: the tools that Liqo, the shop and the tests call. */
const PROGRAMS = [
  "sh dash bash ls cat cp mv rm mkdir rmdir ln chmod chown touch head tail tee wc cut tr sort uniq seq sleep echo printf",
  "test true false env id whoami hostname uname date dd df du stat readlink realpath basename dirname mktemp sync kill",
  "nohup timeout stty tty yes find xargs grep sed awk mawk tar gzip ps free mknod mount umount setpriv nsenter getent",
  "curl ping ip bridge ss nft wg wireguard-go conntrack iperf3 nginx redis-server redis-cli restic rclone",
].flatMap((line) => line.split(" "));
/** Files that these programs read. */
const DATA = ["/etc/services", "/etc/protocols", "/etc/iproute2", "/usr/lib/nginx/modules"];
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NODE_PATH = "/usr/local/bin/node";
/** In the shared layer already, or too much to copy. */
const NOT_COPIED = new Set([NODE_PATH, "/usr/share"]);
/** Beside the layout's own files. */
export const PINNED_ARCHIVE = "pinned.tar";
const TAR_MS = 120_000;

export interface BuildOptions {
  readonly project: string;
  /** Folder of the layout; replaced as a whole. */
  readonly layout: string;
}

/** Returns the names of the images. An image whose programs this machine lacks is left out. */
export async function buildImages({ project, layout }: BuildOptions): Promise<string[]> {
  mkdirSync(dirname(layout), { recursive: true });
  const work = mkdtempSync(join(dirname(layout), "images-work-"));
  try {
    const target = join(work, "layout");
    const images = await addAll(project, work, target);
    writeIndex(target, images);
    await packArchive(target, join(target, PINNED_ARCHIVE), PINNED);
    rmSync(layout, { recursive: true, force: true });
    renameSync(target, layout);
    return [...images.keys()];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function addAll(project: string, work: string, target: string): Promise<Map<string, Descriptor>> {
  const node = realpathSync(process.execPath);
  const wireguard = join(project, ".tools/bin/wireguard-go");
  const entries = builtinEntries({
    bundles: join(project, ".build/bundle"),
    node,
    ...(existsSync(wireguard) && { wireguard: realpathSync(wireguard) }),
  });
  const layer = (recipe: RootRecipe, closure: readonly string[] = []): Promise<Descriptor> =>
    addStaged(work, target, recipe, closure);
  const bases = {
    host: await hostLayer(layer, node),
    busybox: await layer(rootOf(busyboxRoot(join(work, "busybox")))),
  };
  const images = new Map<string, Descriptor>();
  for (const entry of entries) {
    if (entry.requires?.some((path) => !existsSync(path)) === true) continue;
    const own = joinRoots(entry.root ?? {});
    const binds = own.binds.filter(({ path }) => !NOT_COPIED.has(path));
    const isEmpty = [...binds, ...own.directories, ...own.links, ...own.files].length === 0;
    const layers = [bases[entry.base], ...(isEmpty ? [] : [await layer({ ...own, binds })])];
    const image = addImage(target, configOf(entry), layers);
    for (const name of entry.names) images.set(parseReference(name)?.repository ?? name, image);
  }
  return images;
}

async function hostLayer(
  layer: (recipe: RootRecipe, closure: readonly string[]) => Promise<Descriptor>,
  node: string,
): Promise<Descriptor> {
  const closure = await closureOf(findPrograms(PROGRAMS));
  const libraries = (await closureOf([node])).filter((path) => path !== node);
  const { links, directories, files } = hostRoot();
  const data = DATA.filter((path) => existsSync(path)).map((path) => ({ host: path, path }));
  const recipe = rootOf({ links, directories, files, binds: [{ host: node, path: NODE_PATH }, ...data] });
  return layer(recipe, [...new Set([...closure, ...libraries])]);
}

function rootOf(recipe: Partial<RootRecipe>): RootRecipe {
  return joinRoots(commonRoot(), recipe);
}

async function addStaged(
  work: string,
  target: string,
  recipe: RootRecipe,
  closure: readonly string[],
): Promise<Descriptor> {
  const stage = join(work, "stage");
  const tar = join(work, "layer.tar");
  await stageFiles(stage, recipe, closure);
  // Nothing in it depends on when it was made: equal files are one layer.
  const same = ["--sort=name", "--mtime=@0", "--numeric-owner"];
  await run("tar", [...same, "-C", stage, "-cf", tar, "."], { timeoutMs: TAR_MS });
  rmSync(stage, { recursive: true });
  return addLayer(target, tar);
}

function configOf(entry: ImageEntry): ImageConfig {
  const env = { PATH, ...entry.env };
  return {
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(entry.entrypoint !== undefined && { Entrypoint: entry.entrypoint }),
    ...(entry.cmd !== undefined && { Cmd: entry.cmd }),
    ...(entry.user !== undefined && { User: entry.user }),
    ...(entry.workingDir !== undefined && { WorkingDir: entry.workingDir }),
    ...(entry.stopSignal !== undefined && { StopSignal: entry.stopSignal }),
  };
}
