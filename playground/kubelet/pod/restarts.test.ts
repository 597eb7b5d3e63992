import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode, stateOf } from "#kit/running-node.ts";

const waitingFor =
  (reason: string) =>
  (pod: Parameters<typeof stateOf>[0]): boolean =>
    stateOf(pod, "main")?.state?.waiting?.reason === reason;

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
