import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { container, startNode, stateOf } from "#kit/running-node.ts";
import { pods } from "#machinery/builtin.ts";

const waitingFor =
  (reason: string, name = "main") =>
  (pod: Pod): boolean =>
    stateOf(pod, name)?.state?.waiting?.reason === reason;

test("a container that fails runs again: at once, then after 10 s, 20 s, and so on up to 5 minutes", async () => {
  await using node = await startNode();
  await node.create("web", {});
  (await node.runtime.next("main")).exit(1);
  for (const [restarts, backOffMs, shown] of [
    [1, 10_000, "10s"],
    [2, 20_000, "20s"],
    [3, 40_000, "40s"],
    [4, 80_000, "1m20s"],
    [5, 160_000, "2m40s"],
    [6, 300_000, "5m0s"],
    [7, 300_000, "5m0s"],
  ] as const) {
    const again = await node.runtime.next("main");
    again.exit(1);
    const pod = await node.pod(
      "web",
      (seen) => waitingFor("CrashLoopBackOff")(seen) && stateOf(seen, "main")?.restartCount === restarts,
    );
    assert.equal(
      stateOf(pod, "main")?.state?.waiting?.message,
      `back-off ${shown} restarting failed container=main pod=web_off(${pod.metadata?.uid})`,
    );
    assert.equal(stateOf(pod, "main")?.lastState?.terminated?.containerID, `runc://${again.id}`);
    node.clock.step(backOffMs - 1);
    await node.pod("web", waitingFor("CrashLoopBackOff"));
    assert.equal(node.runtime.started.length, restarts + 1);
    node.clock.step(1);
  }
  await node.runtime.next("main");
});

test("a run of more than ten minutes begins the back-off afresh", async () => {
  await using node = await startNode();
  await node.create("web", {});
  (await node.runtime.next("main")).exit(1);
  (await node.runtime.next("main")).exit(1);
  await node.pod("web", waitingFor("CrashLoopBackOff"));
  node.clock.step(10_000);
  const long = await node.runtime.next("main");
  await node.pod("web", (pod) => stateOf(pod, "main")?.restartCount === 2);
  node.clock.step(601_000);
  long.exit(1);
  await node.runtime.next("main");
});

for (const [policy, code, runsAgain, phase] of [
  ["Always", 0, true, "Running"],
  ["Always", 3, true, "Running"],
  ["OnFailure", 0, false, "Succeeded"],
  ["OnFailure", 3, true, "Running"],
  ["Never", 0, false, "Succeeded"],
  ["Never", 3, false, "Failed"],
] as const) {
  const outcome = runsAgain ? "runs again" : `leaves the pod ${phase}`;
  test(`with restartPolicy ${policy} an end with ${code} ${outcome}`, async () => {
    await using node = await startNode();
    await node.create("web", { restartPolicy: policy });
    const first = await node.runtime.next("main");
    await node.pod("web", ({ status }) => status?.phase === "Running");
    first.exit(code);
    const shownEnd = (pod: Pod): number | undefined =>
      (runsAgain ? stateOf(pod, "main")?.lastState : stateOf(pod, "main")?.state)?.terminated?.exitCode;
    const pod = await node.pod("web", (seen) => seen.status?.phase === phase && shownEnd(seen) === code);
    assert.equal(stateOf(pod, "main")?.restartCount, runsAgain ? 1 : 0);
    assert.equal(stateOf(pod, "main")?.ready, runsAgain);
    if (runsAgain) await node.runtime.next("main");
    assert.deepEqual(node.runtime.running, runsAgain ? ["main"] : []);
  });
}

test("a pod that has ended stays in the API with its exit codes, and gives its address back", async () => {
  await using node = await startNode();
  const both = [container("a"), container("b")];
  await node.create("job", { restartPolicy: "Never", containers: both });
  const [a, b] = [await node.runtime.next("a"), await node.runtime.next("b")];
  a.exit(2, true);
  await node.pod("job", (pod) => stateOf(pod, "a")?.state?.terminated !== undefined);
  b.exit(0);
  const pod = await node.pod("job", ({ status }) => status?.phase === "Failed");
  const ends = ["a", "b"].map((name) => stateOf(pod, name)?.state?.terminated);
  assert.deepEqual(
    ends.map((end) => [end?.exitCode, end?.reason]),
    [
      [2, "OOMKilled"],
      [0, "Completed"],
    ],
  );
  await node.pod(
    "job",
    ({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === "PodReadyToStartContainers" && is === "False") ??
      false,
  );
  assert.ok(node.calls.some(({ command }) => command.startsWith("sh -c ip link delete")));
  assert.deepEqual(node.runtime.running, []);
});

test("a container whose end nobody wrote down is told as lost, some seconds after it is gone", async () => {
  await using node = await startNode();
  await node.create("web", { restartPolicy: "Never" });
  const main = await node.runtime.next("main");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  main.vanish();
  const lost = node.pod("web", ({ status }) => status?.phase === "Failed");
  const pod = await node.passing(2_000, lost);
  const end = stateOf(pod, "main")?.state?.terminated;
  assert.deepEqual([end?.exitCode, end?.reason], [137, "ContainerStatusUnknown"]);
});

test("what a container left as its termination message is in its status", async () => {
  await using node = await startNode();
  await node.create("web", { restartPolicy: "Never" });
  const main = await node.runtime.next("main");
  const file = main.spec.mounts.find(({ destination }) => destination === "/dev/termination-log")?.source ?? "";
  writeFileSync(file, "no disk");
  main.exit(4);
  const pod = await node.pod("web", ({ status }) => status?.phase === "Failed");
  assert.equal(stateOf(pod, "main")?.state?.terminated?.message, "no disk");
});

test("another image in the specification replaces the container, whatever the policy, and without back-off", async () => {
  await using node = await startNode();
  await node.create("web", { restartPolicy: "Never" });
  await node.runtime.next("main");
  await node.pod("web", ({ status }) => status?.phase === "Running");
  const { client, ctx } = node.parts;
  const body = { spec: { containers: [{ name: "main", image: "web:2" }] } };
  await client.patch(ctx, pods, { namespace: "off", name: "web" }, "strategic", body);
  await node.runtime.next("main");
  const pod = await node.pod("web", (seen) => stateOf(seen, "main")?.restartCount === 1);
  assert.equal(stateOf(pod, "main")?.image, "docker.io/library/web:2");
  assert.equal(pod.status?.phase, "Running");
  assert.equal(await node.told("Killing"), "Container main definition changed, will be restarted");
});

for (const [image, reason, later, message] of [
  [
    "missing:1",
    "ErrImagePull",
    "ImagePullBackOff",
    'Back-off pulling image "missing:1": ErrImagePull: missing:1: not found',
  ],
  [
    "NOT an image",
    "InvalidImageName",
    "InvalidImageName",
    'couldn\'t parse image name "NOT an image": invalid reference format',
  ],
] as const) {
  test(`a container whose image is refused with ${reason} waits, and is asked for again after 10 s`, async () => {
    await using node = await startNode();
    await node.create("web", { containers: [container("main", { image })] });
    await node.pod("web", waitingFor(later));
    assert.equal(
      await node.told("Failed"),
      reason === "InvalidImageName" ? message : `Failed to pull image "${image}": ${image}: not found`,
    );
    node.clock.step(10_000);
    await node.told("Failed", 2);
    const pod = await node.pod("web", waitingFor(later));
    assert.equal(stateOf(pod, "main")?.state?.waiting?.message, message);
    assert.equal(pod.status?.phase, "Pending");
    assert.deepEqual(node.runtime.started, []);
  });
}

test("an image that must not be pulled and is not there is told so", async () => {
  await using node = await startNode();
  const main = container("main", { image: "missing:1", imagePullPolicy: "Never" });
  await node.create("web", { containers: [main] });
  await node.told("Failed", 1);
  const pod = await node.pod(
    "web",
    (seen) => stateOf(seen, "main")?.state?.waiting !== undefined && waitingFor("ErrImageNeverPull")(seen),
  );
  assert.match(stateOf(pod, "main")?.state?.waiting?.message ?? "", /missing:1/);
});

test("a command that the runtime cannot start counts as a run that ended with 128", async () => {
  await using node = await startNode();
  node.runtime.onStart = () => {
    throw new Error('exec: "/no/such": no such file or directory');
  };
  await node.create("web", { restartPolicy: "Never" });
  const pod = await node.pod("web", ({ status }) => status?.phase === "Failed");
  const end = stateOf(pod, "main")?.state?.terminated;
  assert.deepEqual(
    [end?.exitCode, end?.reason, end?.message],
    [128, "StartError", 'exec: "/no/such": no such file or directory'],
  );
});

test("a container without a command is not created, and tried again", async () => {
  await using node = await startNode();
  await node.create("web", { containers: [container("main", { image: "empty" })] });
  const pod = await node.pod("web", waitingFor("CreateContainerError"));
  assert.equal(stateOf(pod, "main")?.state?.waiting?.message, "no command specified");
});
