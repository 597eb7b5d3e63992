import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { PodSpec, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { container, type RunningNode, startNode, stateOf } from "#kit/running-node.ts";
import {
  configMaps,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  serviceAccounts,
  services,
} from "#machinery/builtin.ts";
import type { FakeContainer } from "../runtime/testing/fake-runtime.ts";

const folder = mkdtempSync(join(tmpdir(), "volumes-test-"));
after(() => rmSync(folder, { recursive: true }));

/** A pod with one volume, mounted at /v. */
function holding(volume: Omit<Volume, "name">, mount: Partial<VolumeMount> = {}): Partial<PodSpec> {
  const volumeMounts = [{ name: "v", mountPath: "/v", ...mount }];
  return { volumes: [{ name: "v", ...volume }], containers: [container("main", { volumeMounts })] };
}

const mounted = ({ spec }: FakeContainer, at = "/v"): string =>
  spec.mounts.find(({ destination }) => destination === at)?.source ?? "";
const envOf = ({ spec }: FakeContainer): Record<string, string> =>
  Object.fromEntries(
    spec.process.env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

test("a pod waits for its ConfigMap, and its files follow the object's changes", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await node.create("web", holding({ configMap: { name: "conf" } }));
  assert.equal(await node.told("FailedMount"), 'MountVolume.SetUp failed for volume "v" : configmap "conf" not found');
  await client.create(ctx, configMaps, { metadata: { name: "conf", namespace: "off" }, data: { k: "1" } });
  const main = await node.passing(500, node.runtime.next("main"));
  const file = join(mounted(main), "k");
  assert.equal(readFileSync(file, "utf8"), "1");
  assert.ok(main.spec.mounts.find(({ destination }) => destination === "/v")?.options?.includes("ro"));
  await client.patch(ctx, configMaps, { namespace: "off", name: "conf" }, "merge", { data: { k: "2" } });
  while (readFileSync(file, "utf8") !== "2") await new Promise(setImmediate);
  await client.delete(ctx, configMaps, { namespace: "off", name: "conf" });
  await client.patch(ctx, pods, { namespace: "off", name: "web" }, "merge", { metadata: { labels: { a: "b" } } });
  await node.parts.gone(configMaps, { namespace: "off", name: "conf" });
  assert.equal(readFileSync(file, "utf8"), "2");
});

test("a downward volume follows the pod's labels", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  const items = [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }];
  await node.create("web", holding({ downwardAPI: { items } }), { labels: { a: "1" } });
  const file = join(mounted(await node.runtime.next("main")), "labels");
  assert.equal(readFileSync(file, "utf8"), 'a="1"');
  await client.patch(ctx, pods, { namespace: "off", name: "web" }, "merge", { metadata: { labels: { a: "2" } } });
  while (readFileSync(file, "utf8") !== 'a="2"') await new Promise(setImmediate);
});

test("a container's environment comes from its objects, its fields and the Services of its namespace", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await client.create(ctx, configMaps, { metadata: { name: "conf", namespace: "off" }, data: { PLAIN: "p" } });
  const service = {
    metadata: { name: "shop", namespace: "off" },
    spec: { clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"], ports: [{ port: 80 }] },
  };
  await client.create(ctx, services, service);
  const env = [
    { name: "SECRET", valueFrom: { secretKeyRef: { name: "key", key: "s" } } },
    { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "CPUS", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
    { name: "BOTH", value: "$(PLAIN)-$(SECRET)" },
  ];
  const main = container("main", { env, envFrom: [{ configMapRef: { name: "conf" } }], args: ["$(BOTH)"] });
  await node.create("web", { containers: [main] });
  const waits = await node.pod(
    "web",
    (pod) => stateOf(pod, "main")?.state?.waiting?.reason === "CreateContainerConfigError",
  );
  assert.equal(stateOf(waits, "main")?.state?.waiting?.message, 'secret "key" not found');
  await client.create(ctx, secrets, { metadata: { name: "key", namespace: "off" }, data: { s: "eA==" } });
  const started = await node.passing(500, node.runtime.next("main"));
  const seen = envOf(started);
  assert.deepEqual(
    [seen["PLAIN"], seen["SECRET"], seen["POD_IP"], seen["CPUS"], seen["BOTH"], seen["SHOP_SERVICE_PORT"]],
    ["p", "x", "10.244.1.2", "4", "p-x", "80"],
  );
  assert.deepEqual(started.spec.process.args, ["p-x"]);
});

test("a container is given hosts, its name and the cluster's DNS", async () => {
  await using node = await startNode();
  await node.create("web", { hostAliases: [{ ip: "10.0.0.1", hostnames: ["db"] }] });
  const main = await node.runtime.next("main");
  const text = (at: string): string => readFileSync(mounted(main, at), "utf8");
  assert.match(text("/etc/hosts"), /^10\.244\.1\.2\tweb$/m);
  assert.match(text("/etc/hosts"), /^10\.0\.0\.1\tdb$/m);
  assert.equal(text("/etc/hostname"), "web\n");
  assert.match(
    text("/etc/resolv.conf"),
    /^search off.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n/,
  );
});

test("a token is requested for the pod, and another one after four fifths of its time", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await client.create(ctx, serviceAccounts, { metadata: { name: "robot", namespace: "off" } });
  const sources = [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } }];
  const { metadata } = await node.create("web", {
    ...holding({ projected: { sources } }),
    serviceAccountName: "robot",
  });
  const file = join(mounted(await node.runtime.next("main")), "token");
  const first = readFileSync(file, "utf8");
  const claims = JSON.parse(Buffer.from(first.split(".")[1] ?? "", "base64url").toString());
  assert.deepEqual([claims.aud, claims["kubernetes.io"].pod.uid], [["vault"], metadata?.uid]);
  assert.equal(claims["kubernetes.io"].serviceaccount.name, "robot");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  node.clock.step(470_000);
  await node.parts.seen(pods, { namespace: "off", name: "web" });
  assert.equal(readFileSync(file, "utf8"), first);
  node.clock.step(11_000);
  while (readFileSync(file, "utf8") === first) await new Promise(setImmediate);
});

test("an emptyDir is there for all, one of memory is mounted and unmounted, and both go with the pod", async () => {
  await using node = await startNode();
  const volumes = [
    { name: "v", emptyDir: {} },
    { name: "m", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
  ];
  const volumeMounts = [
    { name: "v", mountPath: "/v" },
    { name: "m", mountPath: "m", readOnly: true, mountPropagation: "HostToContainer" },
  ];
  await node.create("web", { volumes, containers: [container("main", { volumeMounts })] });
  const main = await node.runtime.next("main");
  assert.equal(statSync(mounted(main)).mode & 0o777, 0o777);
  const memory = mounted(main, "/m");
  assert.ok(node.calls.some(({ command }) => command === `mount -t tmpfs -o mode=0777,size=1048576 tmpfs ${memory}`));
  const options = main.spec.mounts.find(({ destination }) => destination === "/m")?.options ?? [];
  assert.ok(options.includes("ro") && options.includes("rslave"));
  await node.parts.client.delete(node.parts.ctx, pods, { namespace: "off", name: "web" }, { gracePeriodSeconds: 1 });
  await node.gone("web");
  await node.stop();
  assert.equal(existsSync(mounted(main)), false);
});

for (const [type, make, problem] of [
  ["", () => undefined, undefined],
  ["DirectoryOrCreate", () => undefined, undefined],
  ["FileOrCreate", () => undefined, undefined],
  ["Directory", (path: string) => mkdirSync(path), undefined],
  ["File", (path: string) => writeFileSync(path, ""), undefined],
  ["Directory", () => undefined, "Directory"],
  ["File", (path: string) => mkdirSync(path), "File"],
  ["Socket", (path: string) => writeFileSync(path, ""), "Socket"],
  ["CharDevice", (path: string) => writeFileSync(path, ""), "CharDevice"],
  ["BlockDevice", (path: string) => writeFileSync(path, ""), "BlockDevice"],
] as const) {
  const outcome = problem === undefined ? "is mounted" : "is refused";
  test(`a hostPath of type "${type}" ${outcome}`, async () => {
    await using node = await startNode();
    const path = join(mkdtempSync(join(folder, "host-")), "a", "b");
    mkdirSync(join(path, ".."));
    make(path);
    await node.create("web", holding({ hostPath: { path, type } }));
    if (problem === undefined) {
      assert.equal(mounted(await node.runtime.next("main")), path);
      assert.equal(statSync(path).isDirectory(), !type.startsWith("File"));
      return;
    }
    assert.equal(
      await node.told("FailedMount"),
      `MountVolume.SetUp failed for volume "v" : hostPath type check failed: ${path} is not a ${type}`,
    );
  });
}

async function claim(node: RunningNode, source: object): Promise<void> {
  const { client, ctx } = node.parts;
  const capacity = { storage: "1Gi" };
  const accessModes = ["ReadWriteOnce"];
  await client.create(ctx, persistentVolumeClaims, {
    metadata: { name: "data", namespace: "off" },
    spec: { accessModes, resources: { requests: capacity }, volumeName: "pv" },
  });
  await client.create(ctx, persistentVolumes, { metadata: { name: "pv" }, spec: { capacity, accessModes, ...source } });
}

test("a claim is mounted when it is bound, and its data stays", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  const path = join(folder, "claimed");
  await claim(node, { hostPath: { path } });
  await node.create("web", holding({ persistentVolumeClaim: { claimName: "data" } }, { subPath: "sub/dir" }));
  assert.match(await node.told("FailedMount"), /PersistentVolumeClaim "data" is not bound$/);
  const body = { status: { phase: "Bound" } };
  await client.patch(ctx, persistentVolumeClaims, { namespace: "off", name: "data" }, "merge", body, {
    subresource: "status",
  });
  const main = await node.passing(500, node.runtime.next("main"));
  assert.equal(mounted(main), join(path, "sub/dir"));
  writeFileSync(join(path, "sub/dir/f"), "kept");
  await client.delete(ctx, pods, { namespace: "off", name: "web" }, { gracePeriodSeconds: 1 });
  await node.gone("web");
  await node.stop();
  assert.equal(readFileSync(join(path, "sub/dir/f"), "utf8"), "kept");
});

test("what leads out of a volume, or is none, is not mounted", async () => {
  await using node = await startNode();
  const path = mkdtempSync(join(folder, "host-"));
  symlinkSync("/", join(path, "out"));
  await node.create("web", holding({ hostPath: { path } }, { subPath: "out" }));
  const pod = await node.pod(
    "web",
    (seen) => stateOf(seen, "main")?.state?.waiting?.reason === "CreateContainerConfigError",
  );
  assert.equal(stateOf(pod, "main")?.state?.waiting?.message, 'subPath "out" leads out of volume "v"');
  await node.create("odd", holding({ nfs: { server: "s", path: "/" } }));
  assert.match(await node.told("FailedMount"), /volume type nfs is not supported by the playground's node agent$/);
});

test("a subPath may name variables of the container", async () => {
  await using node = await startNode();
  const path = mkdtempSync(join(folder, "host-"));
  const spec = holding({ hostPath: { path } }, { subPathExpr: "of-$(WHO)" });
  const containers = (spec.containers ?? []).map((main) => ({ ...main, env: [{ name: "WHO", value: "me" }] }));
  await node.create("web", { ...spec, containers });
  assert.equal(mounted(await node.runtime.next("main")), join(path, "of-me"));
});
