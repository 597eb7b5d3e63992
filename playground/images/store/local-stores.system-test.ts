/** Images as podman, buildah and Docker themselves keep and save them. Needs root, and skips whatever of the three is not installed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "#base/log.ts";
import { run } from "#base/run.ts";
import { eventually } from "#kit/eventually.ts";
import { layerOf, makeImage, writeLayout } from "#kit/images/layout.ts";
import { ImageStore } from "./image-store.ts";
import { placesOf } from "./places.ts";
import { type SourceOptions, sourcesOf } from "./sources.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const CONF = "CONTAINERS_STORAGE_CONF";
const NOBODY = "unix:///nonexistent";

describe("images of other engines' own stores", { concurrency: 1 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "local-stores-"));
  const at = (name: string): string => join(folder, name);
  const busybox = at("sh");
  let stores = 0;

  before(() => copyFileSync(realpathSync("/bin/busybox"), busybox));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Loads it into a store of its own, where it must run `sh` as it was given; gives its names. */
  async function loaded(what: string, options: SourceOptions): Promise<string[]> {
    const root = at(`store-${stores++}`);
    const store = new ImageStore({ root });
    for (const source of await sourcesOf(ctx, what, options)) await store.load(ctx, source);
    for (const { layers, config } of store.list()) {
      const [layer = ""] = layers;
      assert.deepEqual(readFileSync(join(placesOf(root).layers, layer, "fs/bin/sh")), readFileSync(busybox));
      assert.deepEqual(config.cmd, ["/bin/sh", "-c", "echo own"]);
    }
    return store.list().map(({ reference }) => reference);
  }

  /** As `docker load` and `podman load` read it. */
  async function archive(name: string): Promise<string> {
    const layer = layerOf((root) => {
      mkdirSync(join(root, "bin"));
      copyFileSync(busybox, join(root, "bin/sh"));
    });
    const [layout, path] = [at(`${name}-layout`), at(`${name}.tar`)];
    writeLayout(layout, "image", {
      amd64: makeImage({ layers: [{ tar: layer }], config: { Cmd: ["/bin/sh", "-c", "echo own"] } }),
    });
    await run("skopeo", [
      "copy",
      "--quiet",
      "--insecure-policy",
      `oci:${layout}:image`,
      `docker-archive:${path}:own/${name}:1`,
    ]);
    return path;
  }

  describe("podman and buildah", { skip: lacking("podman", "buildah") }, () => {
    const podman = { dockerHost: NOBODY };
    const was = process.env[CONF];

    before(async () => {
      // The machine's own store is left alone.
      writeFileSync(
        at("storage.conf"),
        `[storage]\ndriver = "vfs"\ngraphroot = "${at("graph")}"\nrunroot = "${at("run")}"\n`,
      );
      process.env[CONF] = at("storage.conf");
      const { stdout } = await run("buildah", ["from", "scratch"]);
      const container = stdout.trim();
      await run("buildah", ["copy", container, busybox, "/bin/sh"]);
      await run("buildah", ["config", "--cmd", '["/bin/sh","-c","echo own"]', container]);
      await run("buildah", ["commit", "--quiet", container, "own/built:1"]);
      await run("podman", ["load", "--quiet", "--input", await archive("podman")]);
    });
    after(() => {
      if (was === undefined) delete process.env[CONF];
      else process.env[CONF] = was;
    });

    it("what buildah built, by the name that it gave and by the short one", async () => {
      assert.deepEqual(await loaded("localhost/own/built:1", podman), ["localhost/own/built:1"]);
      assert.deepEqual(await loaded("own/built:1", podman), ["docker.io/own/built:1"]);
    });

    it("what podman loaded, which calls it the hub's", async () => {
      assert.deepEqual(await loaded("own/podman:1", podman), ["docker.io/own/podman:1"]);
    });

    it("archives that podman and buildah write", async () => {
      for (const format of ["docker-archive", "oci-archive"]) {
        const saved = at(`saved-${format}.tar`);
        await run("podman", ["save", "--quiet", "--format", format, "--output", saved, "localhost/own/built:1"]);
        assert.deepEqual(await loaded(saved, podman), ["localhost/own/built:1"]);
        const pushed = at(`pushed-${format}.tar`);
        await run("buildah", ["push", "--quiet", "localhost/own/built:1", `${format}:${pushed}:own/pushed:1`]);
        // Buildah adds the names that the image has anyway to Docker's archives.
        assert.ok((await loaded(pushed, podman)).includes("docker.io/own/pushed:1"));
      }
    });

    it("a name that podman does not have is refused, by that name", async () => {
      await assert.rejects(loaded("own/none:1", podman), /docker\.io\/own\/none:1/);
    });
  });

  describe("Docker", { skip: lacking("dockerd", "docker") }, () => {
    const dockerHost = `unix://${at("docker.sock")}`;
    const docker = (...args: string[]) => run("docker", ["--host", dockerHost, ...args]);
    let daemon: ReturnType<typeof spawn>;

    before(async () => {
      const places = ["data-root", "exec-root"].map((name) => `--${name}=${at(name)}`);
      const flags = [
        "--iptables=false",
        "--ip6tables=false",
        "--bridge=none",
        "--storage-driver=vfs",
        `--host=${dockerHost}`,
      ];
      daemon = spawn("dockerd", [...flags, ...places, `--pidfile=${at("pid")}`], { stdio: "ignore" });
      await eventually("Docker's daemon", () => docker("version"));
      await docker("load", "--input", await archive("docker"));
    });
    after(async () => {
      const ended = once(daemon, "close");
      if (daemon.kill("SIGTERM")) await ended;
    });

    it("what its daemon has, at the address that DOCKER_HOST says", async () => {
      assert.deepEqual(await loaded("own/docker:1", { dockerHost }), ["docker.io/own/docker:1"]);
    });

    it("an archive that it writes, of several names", async () => {
      await docker("tag", "own/docker:1", "example.com/own/other:2");
      await docker("save", "--output", at("saved.tar"), "own/docker:1", "example.com/own/other:2");
      const names = await loaded(at("saved.tar"), { dockerHost: NOBODY });
      assert.deepEqual(names.toSorted(), ["docker.io/own/docker:1", "example.com/own/other:2"]);
    });

    it("a name that it does not have is refused, by that name", async () => {
      await assert.rejects(loaded("own/none:1", { dockerHost }), /own\/none:1/);
    });
  });
});

/** Why to skip; false where all are there. */
function lacking(...programs: string[]): string | false {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const missing = programs.filter((program) => !folders.some((each) => existsSync(join(each, program))));
  return missing.length > 0 && `${missing.join(" and ")} not installed`;
}
