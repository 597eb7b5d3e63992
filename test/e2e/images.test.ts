/** Images that are not in the catalogue, on the embedded engine: pulled from a real registry, loaded from archives, offloaded. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
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
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Event, Node, Pod } from "kubernetes-types/core/v1";
import { run } from "#base/run.ts";
import { parseYaml } from "#base/text/yaml.ts";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { startCuttingProxy } from "#kit/images/cutting-proxy.ts";
import { imageKinds, type Kind } from "#kit/images/kinds.ts";
import { layerOf, type MadeImage, makeImage, writeLayout } from "#kit/images/layout.ts";
import { type Registry, startRegistry } from "#kit/images/registry.ts";

const ROOT = join(import.meta.dirname, "../..");
const OWN_SHOP = join(ROOT, "apps/boutique/manifest/online-boutique.yaml");
const GOOGLES_SHOP = join(ROOT, "../shared/data/online-boutique/kubernetes-manifests.yaml");
const NAMESPACE = "own";
const TWIN = "own-milan";
const SECRET = "registry";
const MIB = 1024 * 1024;
const SLOWLY = "--timeout=180s";

describe("images of one's own", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "it is about the embedded engine",
}, () => {
  let registry: Registry;
  let clusters: Clusters;
  let folder: string;
  const kinds = imageKinds();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "images-e2e-"));
    registry = await startRegistry();
    clusters = await startPeered({ workers: 1 });
    await clusters.liqoctl("playground", "create", "milan", "rome", "--workers=1", `--registry-ca=${registry.ca}`);
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await apply([
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "kubernetes.io/dockerconfigjson",
        metadata: { name: SECRET },
        stringData: { ".dockerconfigjson": registry.dockerConfig },
      },
    ]);
  });

  after(async () => {
    await clusters?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function apply(items: readonly object[], cluster = "milan", namespace = NAMESPACE): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const { code, stderr } = await clusters.tryKubectl(cluster, ["apply", "-n", namespace, "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  }

  const kindPod = ({ name, container }: Kind): object =>
    pod(name, { image: `${registry.host}/kinds/${name}:1`, ...container }, { imagePullSecrets: [{ name: SECRET }] });

  async function waiting(
    cluster: string,
    namespace: string,
    name: string,
  ): Promise<{ reason?: string; message?: string }> {
    const { status } = await clusters.get<Pod>(cluster, "pod", name, "-n", namespace);
    return status?.containerStatuses?.[0]?.state?.waiting ?? {};
  }

  it("every kind of image runs as its tool meant it", async () => {
    for (const { name, images, format } of kinds) await registry.push(`kinds/${name}:1`, images, format);
    await apply(kinds.map(kindPod));
    const names = kinds.map(({ name }) => `pod/${name}`);
    const ended = ["wait", "-n", NAMESPACE, "--for=jsonpath={.status.phase}=Succeeded", SLOWLY, ...names];
    const { code } = await clusters.tryKubectl("milan", ended, { timeoutMs: 200_000 });
    const said = await Promise.all(
      kinds.map(({ name }) => clusters.tryKubectl("milan", ["logs", name, "-n", NAMESPACE])),
    );
    const shown = kinds.map(({ name }, at) => [name, `${said[at]?.stdout.trimEnd()}${said[at]?.stderr.trimEnd()}`]);
    assert.deepEqual(Object.fromEntries(shown), Object.fromEntries(kinds.map(({ name, says }) => [name, says])));
    assert.equal(code, 0);
  });

  it("the status has the digest of the index, and the node lists it", async () => {
    const { status } = await clusters.get<Pod>("milan", "pod", "index", "-n", NAMESPACE);
    const [container] = status?.containerStatuses ?? [];
    assert.equal(container?.image, `${registry.host}/kinds/index:1`);
    assert.match(container?.imageID ?? "", /^127\.0\.0\.1:\d+\/kinds\/index@sha256:[a-f0-9]{64}$/);
    await eventually("the node's images", async () => {
      const node = await clusters.get<Node>("milan", "node", "worker-node-1");
      const listed = node.status?.images?.find(({ names }) => names?.includes(container?.imageID ?? ""));
      assert.deepEqual(listed?.names, [container?.imageID, container?.image]);
      assert.ok((listed?.sizeBytes ?? 0) > 100_000);
    });
  });

  it("who has no credentials gets no private image, although the machine has it already", async () => {
    await clusters.kubectl("milan", "create", "namespace", "strangers");
    const image = `${registry.host}/kinds/scratch:1`;
    await apply([pod("stranger", { image, imagePullPolicy: "IfNotPresent" })], "milan", "strangers");
    await eventually("the refusal", async () => {
      const { reason = "", message = "" } = await waiting("milan", "strangers", "stranger");
      assert.match(reason, /ErrImagePull|ImagePullBackOff/);
      assert.match(message, /failed to pull and unpack image .*(unauthorized|authentication required)/);
    });
    const never = pod("never", { image, imagePullPolicy: "Never" });
    await apply([never], "milan", "strangers");
    await eventually("the other refusal", async () =>
      assert.match((await waiting("milan", "strangers", "never")).reason ?? "", /ErrImageNeverPull/),
    );
    const { stdout } = await clusters.tryKubectl("milan", ["get", "events", "-A", "-o", "json"]);
    assert.ok(!stdout.includes(registry.password));
    await clusters.kubectl("milan", "delete", "namespace", "strangers", "--wait=false");
  });

  it("a pull that is cut again and again, and whose node agent is killed, goes on where it was", async () => {
    const layers = [servingFolder, (at: string) => writeFileSync(join(at, "big"), randomBytes(6 * MIB))];
    const config = { Cmd: ["sh", "-c", "echo whole"] };
    const image = makeImage({ layers: layers.map((fill) => ({ tar: layerOf(fill) })), config });
    await registry.push("team/big:1", { amd64: image });
    await using between = await startCuttingProxy(registry.host, MIB);
    const { auths } = JSON.parse(registry.dockerConfig) as { auths: Record<string, unknown> };
    const dockerConfig = JSON.stringify({ auths: { [between.host]: auths[registry.host] } });
    const type = "kubernetes.io/dockerconfigjson";
    const stringData = { ".dockerconfigjson": dockerConfig };
    const big = { image: `${between.host}/team/big:1` };
    await apply([
      { apiVersion: "v1", kind: "Secret", type, metadata: { name: "between" }, stringData },
      pod("big", big, { imagePullSecrets: [{ name: "between" }] }),
    ]);
    await eventually("a part of it", () => assert.ok(between.sent() > MIB));
    await clusters.engine.machine?.kill("milan", { node: "worker-node-1" });
    await clusters.kubectl(
      "milan",
      "wait",
      "-n",
      NAMESPACE,
      "--for=jsonpath={.status.phase}=Succeeded",
      SLOWLY,
      "pod/big",
    );
    assert.equal(await clusters.kubectl("milan", "logs", "big", "-n", NAMESPACE), "whole\n");
    const size = image.layers.reduce((sum, layer) => sum + layer.size, 0);
    // Two connections were open when the agent was killed, with up to a MiB each that it had not read yet.
    assert.ok(between.sent() < size + 3 * MIB, `${between.sent()} bytes for ${size}`);
  });

  it("a Deployment of one's own image, with its service account's credentials, runs at the provider", async () => {
    const script = "httpd -f -p 8080 -h /www";
    const layer = { tar: layerOf(servingFolder) };
    await registry.push("team/web:v1", {
      amd64: makeImage({ layers: [layer], config: { Cmd: ["sh", "-c", script] } }),
    });
    const secrets = JSON.stringify({ imagePullSecrets: [{ name: SECRET }] });
    await clusters.kubectl("milan", "patch", "serviceaccount", "default", "-n", NAMESPACE, "-p", secrets);
    await clusters.liqoctl(
      "offload",
      "namespace",
      NAMESPACE,
      "--context",
      "milan",
      "--pod-offloading-strategy",
      "Remote",
    );
    const image = `${registry.host}/team/web:v1`;
    await clusters.kubectl("milan", "create", "deployment", "web", "-n", NAMESPACE, `--image=${image}`);
    await clusters.kubectl("milan", "rollout", "status", "deployment/web", "-n", NAMESPACE, SLOWLY);
    const { items } = await clusters.get<{ items: Pod[] }>("rome", "pods", "-n", TWIN, "-l", "app=web");
    const [twin] = items;
    assert.match(twin?.status?.containerStatuses?.[0]?.imageID ?? "", /\/team\/web@sha256:/);
    await eventually("the events of the pull", async () => {
      const events = await clusters.get<{ items: Event[] }>("rome", "events", "-n", TWIN);
      const own = events.items.filter(({ involvedObject }) => involvedObject.name === twin?.metadata?.name);
      const told = own.map(({ reason, message }) => `${reason} ${message}`);
      assert.ok(told.includes(`Pulling Pulling image "${image}"`), told.join("\n"));
      const pulled =
        /^Pulled Successfully pulled image .* in \S+s \(\S+s including waiting\)\. Image size: \d+ bytes\.$/;
      assert.ok(
        told.some((line) => pulled.test(line)),
        told.join("\n"),
      );
    });
    await clusters.liqoctl("unoffload", "namespace", NAMESPACE, "--context", "milan", "--skip-confirm");
  });

  it("archives as docker, podman, buildah and skopeo write them are loaded, for all clusters or one", async () => {
    const base = { tar: layerOf(servingFolder) };
    const layout = join(folder, "layout");
    const made: MadeImage = makeImage({ layers: [base], config: { Cmd: ["sh", "-c", "echo loaded"] } });
    writeLayout(layout, "example.com/own/layout:1", { amd64: made });
    const copy = (to: string) => run("skopeo", ["copy", "--quiet", "--insecure-policy", `oci:${layout}`, to]);
    await copy(`docker-archive:${folder}/docker.tar:example.com/own/docker:1`);
    await copy(`oci-archive:${folder}/oci.tar:localhost/own/oci:1`);
    await run("tar", [
      "--create",
      "--file",
      join(folder, "new-docker.tar"),
      "-C",
      withDockerManifest(layout, made),
      ".",
    ]);
    const archives = ["docker.tar", "oci.tar", "new-docker.tar", "layout"].map((name) => join(folder, name));
    await clusters.liqoctl("playground", "load", ...archives);
    await clusters.liqoctl("playground", "load", layout, "--name=example.com/own/rome:1", "--cluster=rome");
    const names = {
      docker: "example.com/own/docker:1",
      oci: "localhost/own/oci:1",
      saved: "own/saved:1",
      layout: "example.com/own/layout:1",
    };
    const pods = Object.entries(names).map(([name, image]) => pod(name, { image, imagePullPolicy: "IfNotPresent" }));
    await apply(pods);
    const rome = pod("rome", { image: "example.com/own/rome:1", imagePullPolicy: "Never" });
    await apply([rome]);
    await clusters.kubectl("rome", "create", "namespace", NAMESPACE);
    await apply([rome], "rome");
    const ended = ["wait", "-n", NAMESPACE, "--for=jsonpath={.status.phase}=Succeeded", SLOWLY];
    await clusters.kubectl("milan", ...ended, ...Object.keys(names).map((name) => `pod/${name}`));
    await clusters.kubectl("rome", ...ended, "pod/rome");
    assert.equal((await waiting("milan", NAMESPACE, "rome")).reason, "ErrImageNeverPull");
  });

  it("a loaded image takes the place of the catalogue's in the shop", async (t) => {
    const layout = join(folder, "redis");
    const redis = makeImage({ layers: [{ tar: layerOf(redisFolder) }], config: { Entrypoint: ["/redis-server"] } });
    writeLayout(layout, "redis:alpine", { amd64: redis });
    await clusters.liqoctl("playground", "load", layout);
    const manifest = [GOOGLES_SHOP, OWN_SHOP].find((path) => existsSync(path)) ?? "";
    const cart = readFileSync(manifest, "utf8")
      .split(/^---$/m)
      .map((text) => parseYaml(text) as { metadata?: { name?: string } } | null)
      .filter((object) => object !== null)
      .filter(({ metadata }) => ["redis-cart", "cartservice"].includes(metadata?.name ?? ""));
    t.diagnostic(
      `of ${manifest === OWN_SHOP ? "the own shop: Google's manifest is not beside the project" : "Google's manifest"}`,
    );
    await apply(cart);
    await clusters.kubectl(
      "milan",
      "wait",
      "--for=condition=Available",
      "deployment/redis-cart",
      "deployment/cartservice",
      "-n",
      NAMESPACE,
      SLOWLY,
    );
    const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", "-n", NAMESPACE, "-l", "app=redis-cart");
    const status = items[0]?.status?.containerStatuses?.[0];
    assert.deepEqual(
      [status?.image, status?.imageID],
      ["docker.io/library/redis:alpine", `docker.io/library/redis@${redis.manifest.digest}`],
    );
  });
});

function pod(name: string, container: object, spec: object = {}): object {
  const containers = [{ name: "main", ...container }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { restartPolicy: "Never", containers, ...spec } };
}

/** Busybox, which serves a page. */
function servingFolder(folder: string): void {
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "www"));
  for (const applet of ["sh", "echo", "httpd"]) {
    copyFileSync(realpathSync("/bin/busybox"), join(folder, "bin", applet));
    chmodSync(join(folder, "bin", applet), 0o755);
  }
}

function redisFolder(folder: string): void {
  const program = realpathSync("/usr/bin/redis-server");
  const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  mkdirSync(join(folder, "data"));
  for (const [from, to] of [[program, "/redis-server"], ...libraries.map((path) => [path, path])] as [
    string,
    string,
  ][]) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(folder, to));
    chmodSync(join(folder, to), 0o755);
  }
}

/** As `docker save` has written since version 25: an OCI layout with Docker's manifest beside it. */
function withDockerManifest(layout: string, { config, layers }: MadeImage): string {
  const folder = `${layout}-docker`;
  execFileSync("cp", ["--archive", layout, folder]);
  const at = (digest: string): string => `blobs/sha256/${digest.slice("sha256:".length)}`;
  const manifest = [
    { Config: at(config.digest), RepoTags: ["own/saved:1"], Layers: layers.map(({ digest }) => at(digest)) },
  ];
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  return folder;
}
