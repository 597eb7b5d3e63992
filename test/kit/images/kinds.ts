/** One image of each kind that build tools make, with what a container of it has to say about itself. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ImageInput, type LayerInput, layerOf, type MadeImage, makeImage } from "./layout.ts";

export interface Kind {
  readonly name: string;
  readonly images: Readonly<Record<string, MadeImage>>;
  /** Of the container in the pod. */
  readonly container?: Readonly<Record<string, unknown>>;
  /** What the container's log is. */
  readonly says: string;
  readonly format?: "oci" | "v2s2";
}

const BUSYBOX = ["/usr/bin/busybox", "/bin/busybox"].find((path) => existsSync(path)) ?? "busybox";
const APPLETS = "sh cat ls id env pwd stat test touch echo sed sort".split(" ");
const PASSWD = "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\nnonroot:x:65532:65532::/home/nonroot:\n";
const GROUP = "root:x:0:\nweb:x:102:\nextra:x:777:web,other\n";

function put(folder: string, path: string, content = "", mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), mode);
}

function busybox(folder: string): void {
  put(folder, "etc/passwd", PASSWD);
  put(folder, "etc/group", GROUP);
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "tmp"));
  chmodSync(join(folder, "tmp"), 0o1777);
  copyFileSync(BUSYBOX, join(folder, "bin/busybox"));
  chmodSync(join(folder, "bin/busybox"), 0o755);
  for (const applet of APPLETS) symlinkSync("busybox", join(folder, "bin", applet));
}

/** A shell with the libraries that it is linked to, in a root whose /bin and /lib are links. */
function debian(folder: string): void {
  for (const name of ["bin", "lib", "lib64"]) {
    mkdirSync(join(folder, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(folder, name));
  }
  const libraries = execFileSync("ldd", ["/bin/dash"], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  for (const path of ["/bin/dash", ...libraries]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(realpathSync(path), join(folder, path));
    chmodSync(join(folder, path), 0o755);
  }
}

/** All kinds; the big layers are made once. */
export function imageKinds(): Kind[] {
  const base: LayerInput = { tar: layerOf(busybox) };
  const over = (fill: (folder: string) => void, compression?: LayerInput["compression"]): LayerInput => ({
    tar: layerOf(fill),
    ...(compression !== undefined && { compression }),
  });
  const image = (layers: readonly LayerInput[], script: string, config: ImageInput["config"] = {}): Kind["images"] => ({
    amd64: makeImage({ layers, config: { Cmd: ["sh", "-c", script], ...config } }),
  });
  const empty = (...paths: readonly string[]): LayerInput =>
    over((folder) => {
      for (const path of paths) put(folder, path);
    });
  const files = over((folder) => {
    for (const path of ["a/x", "a/y", "b/x", "c", "d/deep/x"]) put(folder, path, "old");
    symlinkSync("a", join(folder, "toa"));
  });
  return [
    {
      name: "scratch",
      images: {
        amd64: makeImage({
          layers: [over((folder) => copyFileSync(BUSYBOX, join(folder, "busybox")))],
          config: { Entrypoint: ["/busybox", "echo", "bare"] },
        }),
      },
      says: "bare",
    },
    { name: "plain-layer", images: image([{ ...base, compression: "none" }], "echo plain"), says: "plain" },
    { name: "zstd-layer", images: image([{ ...base, compression: "zstd" }], "echo zstd"), says: "zstd" },
    { name: "docker-schema2", images: image([base], "echo schema2"), says: "schema2", format: "v2s2" },
    {
      name: "overwritten",
      images: image([base, files, over((folder) => put(folder, "a/x", "new"), "zstd")], "cat a/x a/y"),
      says: "newold",
    },
    {
      name: "whiteouts",
      images: image([base, files, empty("a/.wh.x", ".wh.b")], "ls a; test -e b || echo gone"),
      says: "y\ngone",
    },
    {
      name: "opaque",
      images: image([base, files, empty("a/.wh..wh..opq", "a/z")], "ls a b"),
      says: "a:\nz\n\nb:\nx",
    },
    {
      name: "changed-type",
      images: image(
        [
          base,
          files,
          over((folder) => {
            put(folder, "c/now-a-folder");
            put(folder, "d", "now a file");
            put(folder, "toa/x", "no link");
          }),
        ],
        "ls c; cat d toa/x a/x",
      ),
      says: "now-a-folder\nnow a fileno linkold",
    },
    {
      name: "hard-links",
      images: image(
        [
          base,
          over((folder) => {
            put(folder, "l/one", "same");
            linkSync(join(folder, "l/one"), join(folder, "l/two"));
          }),
        ],
        "stat -c %h l/one; cat l/two",
      ),
      says: "2\nsame",
    },
    {
      name: "links",
      images: image(
        [
          base,
          over((folder) => {
            put(folder, "real/f", "found");
            symlinkSync("/real", join(folder, "absolute"));
            symlinkSync("../../../real/f", join(folder, "out"));
          }),
        ],
        "cat absolute/f out",
      ),
      says: "foundfound",
    },
    {
      name: "setuid",
      images: image(
        [
          base,
          over((folder) => {
            copyFileSync(BUSYBOX, join(folder, "su-id"));
            chownSync(join(folder, "su-id"), 0, 0);
            chmodSync(join(folder, "su-id"), 0o4755);
          }),
        ],
        "stat -c '%a %u' /su-id",
        { User: "web" },
      ),
      says: "4755 0",
    },
    {
      name: "capability",
      images: image([base, capable()], "/raw/cat /proc/self/status | sed -n 's/^CapPrm:.*\\(....\\)$/\\1/p'", {
        User: "101",
      }),
      // CAP_NET_RAW, which the default set of a container holds.
      says: "2000",
    },
    {
      name: "user-by-name",
      images: image([base], "id", { User: "web" }),
      says: "uid=101(web) gid=102(web) groups=777(extra)",
    },
    {
      name: "user-and-group",
      images: image([base], "id", { User: "web:extra" }),
      says: "uid=101(web) gid=777(extra) groups=777(extra)",
    },
    { name: "user-unknown", images: image([base], "id -u; id -g", { User: "4711:42" }), says: "4711\n42" },
    {
      name: "user-of-the-pod",
      images: image([base], "id"),
      container: { securityContext: { runAsUser: 101 } },
      says: "uid=101(web) gid=102(web) groups=777(extra)",
    },
    {
      name: "distroless",
      images: {
        amd64: makeImage({
          layers: [
            over((folder) => {
              put(folder, "etc/passwd", PASSWD);
              copyFileSync(BUSYBOX, join(folder, "id"));
            }),
          ],
          config: { Entrypoint: ["/id", "-u"], User: "nonroot" },
        }),
      },
      container: { securityContext: { runAsUser: 65532, runAsNonRoot: true, readOnlyRootFilesystem: true } },
      says: "65532",
    },
    {
      name: "debian",
      images: { amd64: makeImage({ layers: [over(debian)], config: { Cmd: ["/bin/dash", "-c", "echo linked"] } }) },
      says: "linked",
    },
    {
      name: "entrypoint-and-args",
      images: image([base], "", { Entrypoint: ["echo", "entry"], Cmd: ["cmd"] }),
      container: { args: ["args"] },
      says: "entry args",
    },
    {
      name: "entrypoint-and-cmd",
      images: image([base], "", { Entrypoint: ["echo", "entry"], Cmd: ["cmd"] }),
      says: "entry cmd",
    },
    {
      name: "command",
      images: image([base], "", { Entrypoint: ["echo", "entry"], Cmd: ["cmd"] }),
      container: { command: ["echo", "command"] },
      says: "command",
    },
    {
      name: "environment",
      images: image([base], "pwd; echo $A $B", { Env: ["A=image", "B=image"], WorkingDir: "/srv/new" }),
      container: { env: [{ name: "B", value: "pod" }] },
      says: "/srv/new\nimage pod",
    },
    {
      name: "volume",
      images: image([base, over((folder) => put(folder, "data/f", "kept"))], "cat /data/f; touch /data/g && ls /data", {
        Volumes: { "/data": {} },
      }),
      container: { securityContext: { readOnlyRootFilesystem: true } },
      says: "keptf\ng",
    },
    {
      name: "index",
      images: {
        amd64: makeImage({ layers: [base], config: { Cmd: ["echo", "amd64"] }, architecture: "amd64" }),
        arm64: makeImage({ layers: [base], config: { Cmd: ["echo", "arm64"] }, architecture: "arm64" }),
      },
      says: process.arch === "x64" ? "amd64" : process.arch,
    },
    {
      name: "unnamed-folders",
      // As some tools write them: a file without an entry for its folder, which keeps the mode that it has below.
      images: image([base, { tar: withoutFolders() }], "stat -c %a /tmp; cat /tmp/x", { User: "web" }),
      says: "1777\nx",
    },
    {
      name: "hundred-layers",
      images: image(
        [base, ...Array.from({ length: 100 }, (_, i) => over((folder) => put(folder, `n/${i}`, "x")))],
        "cat n/*",
      ),
      says: "x".repeat(100),
    },
    {
      name: "names",
      images: image([base, over((folder) => put(folder, `ä ö/${"long".repeat(60)}`, "found"))], "cat ä*/long*"),
      says: "found",
    },
  ];
}

function capable(): LayerInput {
  return {
    tar: layerOf((folder) => {
      mkdirSync(join(folder, "raw"));
      copyFileSync(BUSYBOX, join(folder, "raw/cat"));
      chmodSync(join(folder, "raw/cat"), 0o755);
      // Version 2, effective; permitted: CAP_NET_RAW. As setcap writes it.
      const value = "0100000200200000000000000000000000000000";
      execFileSync("perl", ["-e", SETXATTR, join(folder, "raw/cat"), value]);
    }),
  };
}

// lsetxattr of amd64 and arm64: Debian's `setfattr` is in a package of its own.
const SETXATTR = `my ($path, $hex) = @ARGV; my $value = pack("H*", $hex);
my $name = "security.capability"; my $call = \`uname -m\` =~ /x86_64/ ? 189 : 6;
syscall($call, $path, $name, $value, length($value), 0) == 0 or die $!;`;

function withoutFolders(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "image-layer-"));
  try {
    put(folder, "tmp/x", "x");
    return execFileSync("tar", ["--create", "--directory", folder, "tmp/x"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
