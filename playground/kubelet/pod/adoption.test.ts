import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { container, startNode, stateOf } from "#kit/running-node.ts";
import { leases, nodes, pods } from "#machinery/builtin.ts";

const folder = mkdtempSync(join(tmpdir(), "adoption-test-"));
after(() => rmSync(folder, { recursive: true }));

const key = { namespace: "off", name: "web" };
const isRunning = ({ status }: Pod): boolean => status?.phase === "Running";

test("a new agent goes on with the containers that run, and says so of those that ended meanwhile", async () => {
  await using node = await startNode();
  await node.create("web", { containers: [container("a"), container("b")], restartPolicy: "OnFailure" });
  const [a, b] = [await node.runtime.next("a"), await node.runtime.next("b")];
  const before = await node.pod("web", isRunning);
  await node.stop();
  b.exit(0);
  await node.start();
  const pod = await node.pod("web", (seen) => stateOf(seen, "b")?.state?.terminated?.exitCode === 0);
  assert.equal(stateOf(pod, "a")?.containerID, `runc://${a.id}`);
  assert.equal(pod.status?.podIP, before.status?.podIP);
  assert.deepEqual(node.runtime.started, ["a", "b"]);
  a.exit(0);
  await node.pod("web", ({ status }) => status?.phase === "Succeeded");
});

test("what ended with an error meanwhile is started at once: the back-off was the old agent's", async () => {
  await using node = await startNode();
  await node.create("web", {});
  // The first restart is at once, but for a request that has to be made again; the second waits for 10 s.
  (await node.runtime.next("main")).exit(1);
  (await node.passing(500, node.runtime.next("main"), 4_000)).exit(1);
  await node.pod("web", (pod) => stateOf(pod, "main")?.state?.waiting?.reason === "CrashLoopBackOff");
  await node.stop();
  await node.start();
  // Its Services are listed in between.
  await node.passing(500, node.runtime.next("main"), 4_000);
});

test("a pod that was deleted while no agent ran is ended by the next", async () => {
  await using node = await startNode();
  await node.create("web", {});
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  await node.stop();
  await node.parts.client.delete(node.parts.ctx, pods, key, { gracePeriodSeconds: 0 });
  await node.start();
  await node.runtime.signalled(main, "SIGTERM");
  await node.runtime.until(() => (node.runtime.running.length === 0 ? true : undefined));
});

test("a container that no record knows is removed, and one that is being created is no stray", async () => {
  await using node = await startNode();
  await node.create("web", {});
  const main = await node.runtime.next("main");
  await node.pod("web", isRunning);
  await node.stop();
  const containers = join(node.directory, "agent", "runtime", "containers");
  mkdirSync(join(containers, "stray"));
  await node.start();
  assert.deepEqual(readdirSync(containers), [main.id]);
});

test("the node is registered with its lease, and again when its object is gone", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  const seen = await node.parts.seen(nodes, { name: "rome-1" }, ({ status }) => (status?.conditions?.length ?? 0) > 0);
  assert.equal(seen.spec?.podCIDR, "10.244.1.0/24");
  assert.equal(seen.metadata?.labels?.["zone"], "a");
  assert.equal(seen.status?.nodeInfo?.containerRuntimeVersion, "runc://1.2.3");
  const leaseKey = { namespace: "kube-node-lease", name: "rome-1" };
  const lease = await node.parts.seen(leases, leaseKey);
  assert.deepEqual(
    [lease.spec?.holderIdentity, lease.spec?.leaseDurationSeconds, lease.metadata?.ownerReferences?.[0]?.uid],
    ["rome-1", 40, seen.metadata?.uid],
  );
  const renewed = node.parts.seen(leases, leaseKey, ({ spec }) => spec?.renewTime !== lease.spec?.renewTime);
  await node.passing(10_000, renewed);
  await client.delete(ctx, nodes, { name: "rome-1" });
  await node.passing(
    10_000,
    node.parts.seen(nodes, { name: "rome-1" }, (now) => now.metadata?.uid !== seen.metadata?.uid),
  );
});

test("an unready node is told to be ready again, with the images that its pods have used", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await node.create("web", {});
  await node.pod("web", isRunning);
  await node.parts.seen(nodes, { name: "rome-1" }, ({ status }) => (status?.conditions?.length ?? 0) > 0);
  const lost = { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", lastTransitionTime: null };
  const foreign = { type: "NetworkUnavailable", status: "False", reason: "Ours", lastTransitionTime: null };
  const body = { status: { conditions: [lost, foreign] } };
  await client.patch(ctx, nodes, { name: "rome-1" }, "merge", body, { subresource: "status" });
  const ready = node.parts.seen(
    nodes,
    { name: "rome-1" },
    ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True") &&
      (status?.images ?? []).length > 0,
  );
  const { status } = await node.passing(10_000, ready);
  assert.deepEqual(status?.images?.[0]?.names, ["sha256:docker.io/library/web:1", "docker.io/library/web:1"]);
  assert.ok(status?.conditions?.some(({ type }) => type === "NetworkUnavailable"));
});

test("probes: a container that is not ready, then is; one that is not well runs again", async () => {
  await using node = await startNode();
  const [ready, well] = [join(folder, "ready"), join(folder, "well")];
  const probe = (file: string) => ({ exec: { command: ["test", "-e", file] }, periodSeconds: 1, failureThreshold: 1 });
  writeFileSync(well, "");
  const main = container("main", { readinessProbe: probe(ready), livenessProbe: probe(well) });
  await node.create("web", { containers: [main] });
  await node.runtime.next("main");
  const pod = await node.pod("web", isRunning);
  assert.deepEqual([stateOf(pod, "main")?.ready, stateOf(pod, "main")?.started], [false, true]);
  const condition = (seen: Pod) => seen.status?.conditions?.find(({ type }) => type === "Ready");
  assert.deepEqual(
    [condition(pod)?.status, condition(pod)?.reason, condition(pod)?.message],
    ["False", "ContainersNotReady", "containers with unready status: [main]"],
  );
  writeFileSync(ready, "");
  await node.passing(
    500,
    node.pod("web", (seen) => condition(seen)?.status === "True"),
  );
  rmSync(well);
  await node.passing(500, node.runtime.next("main"));
  assert.equal(await node.told("Killing"), "Container main failed liveness probe, will be restarted");
  assert.match(await node.told("Unhealthy"), /^(Liveness|Readiness) probe failed: /);
  await node.pod("web", (seen) => (stateOf(seen, "main")?.restartCount ?? 0) > 0);
});

test("the status of a pod is written although the API server refuses it for a while", async () => {
  let isRefused = true;
  await using node = await startNode({
    forbids: ({ verb, plural, subresource }) =>
      isRefused && verb === "patch" && plural === "pods" && subresource === "status",
  });
  await node.create("web", {});
  await node.runtime.next("main");
  assert.equal((await node.pod("web", () => true)).status?.podIP, undefined);
  isRefused = false;
  const pod = await node.passing(1_000, node.pod("web", isRunning));
  assert.equal(pod.status?.podIP, "10.244.1.2");
});

test("what others write into the status stays: a readiness gate holds the pod back until it is true", async () => {
  await using node = await startNode();
  const { client, ctx } = node.parts;
  await node.create("web", { readinessGates: [{ conditionType: "example.com/lb" }] });
  const of = (pod: Pod, type: string) => pod.status?.conditions?.find((condition) => condition.type === type);
  const held = await node.pod("web", (pod) => of(pod, "ContainersReady")?.status === "True");
  assert.equal(of(held, "Ready")?.reason, "ReadinessGatesNotReady");
  const conditions = [...(held.status?.conditions ?? []), { type: "example.com/lb", status: "True" }];
  await client.patch(ctx, pods, key, "merge", { status: { conditions } }, { subresource: "status" });
  const pod = await node.pod("web", (seen) => of(seen, "Ready")?.status === "True");
  assert.equal(of(pod, "example.com/lb")?.status, "True");
});
