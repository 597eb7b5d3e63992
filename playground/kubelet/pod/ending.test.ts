import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { container, type RunningNode, startNode, stateOf } from "#kit/running-node.ts";
import { pods } from "#machinery/builtin.ts";

const folder = mkdtempSync(join(tmpdir(), "ending-test-"));
after(() => rmSync(folder, { recursive: true }));

const key = { namespace: "off", name: "web" };
const isRunning = ({ status }: Pod): boolean => status?.phase === "Running";

function remove(node: RunningNode, gracePeriodSeconds?: number): Promise<unknown> {
  const { client, ctx } = node.parts;
  return client.delete(ctx, pods, key, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
}

test("a deleted pod is sent its signal, its end is told, and nothing is left of it", async () => {
  await using node = await startNode();
  node.runtime.onSignal = () => undefined;
  await node.create("web", {});
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  const agent = join(node.directory, "agent");
  assert.deepEqual(readdirSync(join(agent, "addresses")), ["10.244.1.2"]);
  await remove(node);
  await node.runtime.signalled(main, "SIGTERM");
  const ended = node.pod("web", (pod) => stateOf(pod, "main")?.state?.terminated?.exitCode === 5);
  main.exit(5);
  await ended;
  await node.gone("web");
  assert.deepEqual(main.signals, ["SIGTERM"]);
  assert.equal(await node.told("Killing"), "Stopping container main");
  // The agent that is stopped has nothing to do any more.
  await node.stop();
  const left = ["pods", "addresses", "logs"].map((each) => readdirSync(join(agent, each)));
  assert.deepEqual(left, [[], [], []]);
});

for (const [what, spec, grace, graceMs] of [
  ["its own grace period", { terminationGracePeriodSeconds: 7 }, undefined, 7_000],
  ["30 s where it says nothing", {}, undefined, 30_000],
  ["the grace period of who deletes it", { terminationGracePeriodSeconds: 60 }, 4, 4_000],
] as const) {
  test(`a container that does not listen is killed after ${what}`, async () => {
    await using node = await startNode();
    node.runtime.onSignal = (main, signal) => signal === "SIGKILL" && main.exit(137);
    await node.create("web", spec);
    const main = await node.runtime.next("main");
    await node.pod("web", isRunning);
    await remove(node, grace);
    await node.runtime.signalled(main, "SIGTERM");
    for (let passed = 0; passed < graceMs; passed += 500) {
      assert.deepEqual(main.signals, ["SIGTERM"]);
      node.clock.step(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await node.runtime.signalled(main, "SIGKILL");
    await node.gone("web");
  });
}

test("who deletes once more with less grace makes an end of waiting", async () => {
  await using node = await startNode();
  node.runtime.onSignal = (main, signal) => signal === "SIGKILL" && main.exit(137);
  await node.create("web", { terminationGracePeriodSeconds: 3_600 });
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  await remove(node);
  await node.runtime.signalled(main, "SIGTERM");
  await remove(node, 1);
  await node.pod("web", ({ metadata }) => metadata?.deletionGracePeriodSeconds === 1);
  await node.passing(500, node.runtime.signalled(main, "SIGKILL"));
  await node.gone("web");
  assert.ok(node.clock.nowMs() < 3_600_000);
});

test("a preStop hook runs before the signal, and the container has two seconds more when it used up the time", async () => {
  await using node = await startNode();
  node.runtime.onSignal = (main, signal) => signal === "SIGKILL" && main.exit(137);
  const file = join(folder, "stopped");
  const preStop = { exec: { command: ["sh", "-c", `echo > ${file}; exec sleep 60`] } };
  await node.create("web", {
    terminationGracePeriodSeconds: 5,
    containers: [container("main", { lifecycle: { preStop } })],
  });
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  await remove(node);
  await node.told("Killing");
  const terms = node.runtime.signalled(main, "SIGTERM");
  if (!existsSync(file)) for await (const _ of watch(folder)) if (existsSync(file)) break;
  assert.deepEqual(main.signals, []);
  node.clock.step(5_000);
  await terms;
  assert.deepEqual(main.signals, ["SIGTERM"]);
  node.clock.step(1_999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(main.signals, ["SIGTERM"]);
  node.clock.step(1);
  await node.runtime.signalled(main, "SIGKILL");
  await node.gone("web");
});

test("a pod that has been active for too long fails, whatever its containers do", async () => {
  await using node = await startNode();
  await node.create("web", { activeDeadlineSeconds: 60 });
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  node.clock.step(60_000);
  const pod = await node.pod("web", ({ status }) => status?.phase === "Failed");
  assert.deepEqual(
    [pod.status?.reason, pod.status?.message],
    ["DeadlineExceeded", "Pod was active on the node longer than the specified deadline"],
  );
  assert.deepEqual(main.signals, ["SIGTERM"]);
  assert.deepEqual(node.runtime.started, ["main"]);
});

test("a pod that is deleted before its image is there goes at once", async () => {
  await using node = await startNode();
  await node.create("web", { containers: [container("main", { image: "missing:1" })] });
  await node.pod("web", (pod) => stateOf(pod, "main")?.state?.waiting?.reason === "ImagePullBackOff");
  await remove(node);
  await node.gone("web");
});

test("a pod that is deleted while its volumes are missing goes at once", async () => {
  await using node = await startNode();
  await node.create("web", { volumes: [{ name: "v", configMap: { name: "none" } }] });
  await node.told("FailedMount");
  await remove(node);
  await node.passing(1_000, node.gone("web"));
});

test("a pod whose object is gone all at once is ended, and another of its name runs beside its end", async () => {
  await using node = await startNode();
  node.runtime.onSignal = () => undefined;
  const first = await node.create("web", {});
  const old = await node.runtime.next("main");
  await node.pod("web", isRunning);
  await remove(node, 0);
  await node.runtime.signalled(old, "SIGTERM");
  const second = await node.create("web", {});
  const other = await node.runtime.next("main");
  assert.notEqual(first.metadata?.uid, second.metadata?.uid);
  old.exit(0);
  const pod = await node.pod("web", isRunning);
  assert.equal(pod.metadata?.uid, second.metadata?.uid);
  assert.deepEqual(other.signals, []);
});

test("when the deletion of a pod is forbidden for a while it is tried again", async () => {
  let forbids = true;
  let asked = 0;
  // The first is that of the user.
  await using node = await startNode({
    forbids: ({ verb, plural }) => verb === "delete" && plural === "pods" && asked++ > 0 && forbids,
  });
  await node.create("web", {});
  await node.runtime.next("main");
  await node.pod("web", isRunning);
  await remove(node);
  await node.pod("web", (pod) => stateOf(pod, "main")?.state?.terminated !== undefined);
  while (asked < 2) await new Promise(setImmediate);
  forbids = false;
  await node.passing(1_000, node.gone("web"));
  assert.ok(asked > 2);
});

test("what cannot be made of a sandbox is told, and made later", async () => {
  await using node = await startNode();
  let fails = true;
  node.onCall = ({ command }) => {
    if (fails && command.startsWith("unshare")) throw new Error("unshare: no space left");
  };
  await node.create("web", {});
  assert.equal(await node.told("FailedCreatePodSandBox"), "Failed to create pod sandbox: unshare: no space left");
  fails = false;
  await node.passing(1_000, node.runtime.next("main"));
});

test("a failing postStart hook ends its container, which runs again", async () => {
  await using node = await startNode();
  const file = join(folder, "may-start");
  node.runtime.onSignal = (main) => {
    writeFileSync(file, "");
    main.exit(0);
  };
  const postStart = { exec: { command: ["test", "-e", file] } };
  await node.create("web", { containers: [container("main", { lifecycle: { postStart } })] });
  const first = await node.runtime.next("main");
  assert.equal(
    await node.told("FailedPostStartHook"),
    `PostStartHook failed: command 'test -e ${file}' exited with 1: `,
  );
  await node.runtime.signalled(first, "SIGTERM");
  await node.runtime.next("main");
  await node.pod("web", (pod) => stateOf(pod, "main")?.ready === true && stateOf(pod, "main")?.restartCount === 1);
});

test("a pod is not taken from the API before its end is told there", async () => {
  let isRefused = false;
  const asked = { delete: 0, status: 0 };
  await using node = await startNode({
    forbids: ({ verb, plural, subresource }) => {
      if (plural !== "pods") return false;
      if (verb === "delete") asked.delete++;
      if (subresource !== "status" || !isRefused) return false;
      asked.status++;
      return true;
    },
  });
  await node.create("web", {});
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  isRefused = true;
  await remove(node);
  await node.runtime.signalled(main, "SIGTERM");
  const refused = async (): Promise<void> => {
    while (asked.status < 3) await new Promise(setImmediate);
  };
  await node.passing(500, refused());
  assert.equal(asked.delete, 1);
  isRefused = false;
  const told = node.pod("web", (pod) => stateOf(pod, "main")?.state?.terminated?.exitCode === 0);
  await node.passing(500, told);
  await node.gone("web");
  assert.equal(asked.delete, 2);
});
