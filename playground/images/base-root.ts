/**
 * The two bases of all images. `host` binds the machine's programs and libraries read-only into an otherwise private root,
 * so that nothing has to be downloaded; `busybox` is a root of its own.
 */

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { RootRecipe } from "./entry.ts";
import { BUSYBOX_WGET } from "./scripts.ts";

const HOST_FOLDERS = ["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec"];
const HOST_ETC = [
  "/etc/ssl",
  "/etc/ca-certificates",
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/services",
  "/etc/protocols",
  "/etc/iproute2",
];
const TOP_LEVEL = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"];

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nginx:x:101:101:nginx:/nonexistent:/bin/false
redis:x:999:999:redis:/data:/bin/false
node:x:1000:1000:node:/home/node:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
const GROUP = `root:x:0:
daemon:x:1:
tty:x:5:
www-data:x:33:
nginx:x:101:
redis:x:999:
node:x:1000:
nogroup:x:65534:
`;

export function hostRoot(): RootRecipe {
  const links = TOP_LEVEL.filter((path) => isLink(path)).map((path) => ({ path, target: readlinkSync(path) }));
  const unmerged = TOP_LEVEL.filter((path) => existsSync(path) && !isLink(path));
  const binds = [...HOST_FOLDERS, ...HOST_ETC, ...unmerged].filter((path) => existsSync(path) && !isLink(path));
  return {
    binds: binds.map((path) => ({ host: path, path })),
    directories: [{ path: "/home/node", owner: 1000 }, { path: "/usr/local/bin" }],
    links,
    files: [{ path: "/etc/nsswitch.conf", content: "passwd: files\ngroup: files\nhosts: files dns\n" }],
  };
}

/** Prepares the folder of applets once; all containers share it. */
export function busyboxRoot(cache: string): RootRecipe {
  const bin = join(cache, "busybox-bin");
  if (!existsSync(bin)) buildApplets(bin);
  return { binds: [{ host: bin, path: "/bin" }], directories: [{ path: "/home" }], links: [], files: [] };
}

/** What every root has besides. */
export function commonRoot(): RootRecipe {
  const directories = [
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var/run",
    "/var/log",
    "/var/lib",
    "/mnt",
    "/opt",
    "/srv",
  ];
  return {
    binds: [],
    directories: [
      ...directories.map((path) => ({ path })),
      { path: "/root", mode: 0o700 },
      { path: "/tmp", mode: 0o1777 },
      { path: "/var/tmp", mode: 0o1777 },
    ],
    links: [],
    files: [
      { path: "/etc/passwd", content: PASSWD },
      { path: "/etc/group", content: GROUP },
    ],
  };
}

export function joinRoots(...roots: readonly Partial<RootRecipe>[]): RootRecipe {
  return {
    binds: roots.flatMap((root) => root.binds ?? []),
    directories: roots.flatMap((root) => root.directories ?? []),
    links: roots.flatMap((root) => root.links ?? []),
    files: roots.flatMap((root) => root.files ?? []),
  };
}

/** Built aside and renamed: two node agents may prepare it at the same time. */
function buildApplets(bin: string): void {
  const busybox = ["/usr/bin/busybox", "/bin/busybox"].find((path) => existsSync(path));
  if (busybox === undefined)
    throw new Error("prepare busybox image: no busybox on this machine; apt-get install busybox-static");
  const aside = `${bin}.${randomUUID()}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, "busybox"), hideWget(readFileSync(busybox)), { mode: 0o755 });
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n");
  for (const applet of applets)
    if (!["", "busybox", "wget"].includes(applet)) symlinkSync("busybox", join(aside, applet));
  const applet = execFileSync(join(aside, "busybox"), ["--list"], { encoding: "utf8" }).includes("\nwgez\n")
    ? "wgez"
    : "wget";
  writeFileSync(join(aside, "wget"), BUSYBOX_WGET.replaceAll("wgez", applet), { mode: 0o755 });
  try {
    renameSync(aside, bin);
  } catch (error) {
    rmSync(aside, { recursive: true });
    if (!existsSync(bin)) throw error;
  }
}

/**
 * Its shell runs applets without looking at the PATH, so our wget would never be found: the applet is renamed in the copy's
 * sorted table of names, to one that keeps its place. A table that looks different is left alone.
 */
function hideWget(program: Buffer): Buffer {
  const at = program.indexOf("\0wc\0wget\0which\0");
  if (at >= 0) program.write("wgez", at + "\0wc\0".length);
  return program;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
