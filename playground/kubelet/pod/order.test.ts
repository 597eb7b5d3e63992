import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { container, startNode, stateOf } from "#kit/running-node.ts";
import { pods } from "#machinery/builtin.ts";

const isInitialized = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Initialized" && is === "True") ?? false;
const sidecar = (name: string) => container(name, { restartPolicy: "Always" });

test("init containers run one after the other, then the main ones together", async () => {
  await using node = await startNode();
  const initContainers = [container("i1"), container("i2")];
  await node.create("web", { initContainers, containers: [container("a"), container("b")] });
  const first = await node.runtime.next("i1");
  const pod = await node.pod("web", (seen) => stateOf(seen, "i1")?.state?.running !== undefined);
  assert.equal(stateOf(pod, "i2")?.state?.waiting?.reason, "PodInitializing");
  assert.equal(stateOf(pod, "a")?.state?.waiting?.reason, "PodInitializing");
  assert.deepEqual(
    pod.status?.conditions?.find(({ type }) => type === "Initialized")?.message,
    "containers with incomplete status: [i1 i2]",
  );
  first.exit(0);
  const second = await node.runtime.next("i2");
  assert.deepEqual(node.runtime.running, ["i2"]);
  second.exit(0);
  await node.runtime.next("a");
  await node.runtime.next("b");
  const running = await node.pod("web", ({ status }) => status?.phase === "Running");
  assert.ok(isInitialized(running));
  assert.deepEqual([stateOf(running, "i1")?.ready, stateOf(running, "i1")?.state?.terminated?.exitCode], [true, 0]);
});

test("an init container that fails is repeated, unless the pod never restarts: then it has failed", async () => {
  await using node = await startNode();
  await node.create("again", { restartPolicy: "OnFailure", initContainers: [container("i")] });
  (await node.runtime.next("i")).exit(1);
  (await node.runtime.next("i")).exit(0);
  await node.runtime.next("main");
  await node.create("never", { restartPolicy: "Never", initContainers: [container("j")] });
  (await node.runtime.next("j")).exit(1);
  const pod = await node.pod("never", ({ status }) => status?.phase === "Failed");
  assert.deepEqual(
    [stateOf(pod, "j")?.state?.terminated?.exitCode, stateOf(pod, "main")?.state?.waiting?.reason],
    [1, "PodInitializing"],
  );
  assert.deepEqual(node.runtime.running, ["main"]);
});

test("a sidecar lets the next container start as soon as it runs, and is started again whatever the policy", async () => {
  await using node = await startNode();
  const initContainers = [sidecar("proxy"), container("migrate")];
  await node.create("job", { restartPolicy: "Never", initContainers });
  const proxy = await node.runtime.next("proxy");
  const migrate = await node.runtime.next("migrate");
  proxy.exit(0);
  await node.runtime.next("proxy");
  migrate.exit(0);
  const main = await node.runtime.next("main");
  assert.deepEqual(node.runtime.running, ["proxy", "main"]);
  const running = await node.pod("job", (pod) => stateOf(pod, "proxy")?.ready === true);
  assert.equal(stateOf(running, "proxy")?.restartCount, 1);
  main.exit(0);
  const pod = await node.pod("job", ({ status }) => status?.phase === "Succeeded");
  assert.equal(stateOf(pod, "proxy")?.state?.terminated?.exitCode, 0);
  assert.deepEqual(node.runtime.running, []);
});

test("a pod that has done its work is told so only when its sidecars have ended too", async () => {
  await using node = await startNode();
  node.runtime.onSignal = () => undefined;
  await node.create("job", { restartPolicy: "Never", initContainers: [sidecar("proxy")] });
  const proxy = await node.runtime.next("proxy");
  const main = await node.runtime.next("main");
  await node.pod("job", ({ status }) => status?.phase === "Running");
  main.exit(0);
  await node.runtime.signalled(proxy, "SIGTERM");
  const still = await node.pod("job", (pod) => stateOf(pod, "main")?.state?.terminated !== undefined);
  assert.equal(still.status?.phase, "Running");
  proxy.exit(0);
  await node.pod("job", ({ status }) => status?.phase === "Succeeded");
});

test("main containers end first, then the sidecars one by one from the last", async () => {
  await using node = await startNode();
  const ends: string[] = [];
  node.runtime.onSignal = ({ name }) => ends.push(name);
  await node.create("web", { initContainers: [sidecar("s1"), sidecar("s2")] });
  const [s1, s2] = [await node.runtime.next("s1"), await node.runtime.next("s2")];
  const main = await node.runtime.next("main");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  await node.parts.client.delete(node.parts.ctx, pods, { namespace: "off", name: "web" });
  await node.runtime.signalled(main, "SIGTERM");
  assert.deepEqual(ends, ["main"]);
  main.exit(0);
  await node.runtime.signalled(s2, "SIGTERM");
  assert.deepEqual(ends, ["main", "s2"]);
  s2.exit(0);
  await node.runtime.signalled(s1, "SIGTERM");
  s1.exit(0);
  await node.gone("web");
  assert.deepEqual(ends, ["main", "s2", "s1"]);
});

test("an ephemeral container joins a pod that runs, once, and its end changes nothing", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await node.create("web", {});
  const main = await node.runtime.next("main");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  const key = { namespace: "off", name: "web" };
  const ephemeralContainers = [{ name: "debug", image: "web:1", targetContainerName: "main" }];
  const subresource = { subresource: "ephemeralcontainers" };
  await client.patch(ctx, pods, key, "strategic", { spec: { ephemeralContainers } }, subresource);
  const debug = await node.runtime.next("debug");
  const sees = debug.spec.linux.namespaces.find(({ type }) => type === "pid")?.path;
  assert.equal(sees, `/proc/${process.pid}/ns/pid`);
  debug.exit(0);
  const pod = await node.pod("web", (seen) => stateOf(seen, "debug")?.state?.terminated !== undefined);
  assert.deepEqual([stateOf(pod, "debug")?.ready, pod.status?.phase], [false, "Running"]);
  assert.deepEqual(node.runtime.running, ["main"]);
  assert.equal(main.signals.length, 0);
});
