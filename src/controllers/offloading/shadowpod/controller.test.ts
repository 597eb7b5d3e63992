import assert from "node:assert/strict";
import { test } from "node:test";
import { shadowPods } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, pods } from "#machinery/builtin.ts";
import { planShadowPod, shadowPodController } from "./controller.ts";

test("a pod of that name that is somebody else's is told of, and its phase is not the ShadowPod's", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace: "default", name: "web" };
  const spec = { containers: [{ name: "c", image: "i" }] };
  const pod = await client.create(ctx, pods, { metadata: key, spec });
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running" } });
  await client.create(ctx, shadowPods, { metadata: key, spec: { pod: spec } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowPodController(controllerDeps(client, informers)));
  await eventually("it is told", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: "default" });
    assert.ok(
      items.some(({ reason, message }) => reason === "FailedCreatePod" && /does not belong/.test(message ?? "")),
    );
  });
  assert.equal((await client.get(ctx, shadowPods, key)).status?.phase, undefined);
  cancel();
  await running;
});

test("a pod takes no mark of Liqo from its ShadowPod, but those that reflection goes by", () => {
  const own = { app: "web", "offloading.liqo.io/origin": "milan", "liqo.io/creator-user": "u" };
  const forged = {
    "networking.liqo.io/component": "gateway",
    "networking.liqo.io/active": "true",
    "liqo.io/shadowPod": "",
  };
  const shadow = {
    metadata: { name: "a", labels: { ...own, ...forged }, annotations: { "liqo.io/x": "y", note: "kept" } },
    spec: { pod: { containers: [] } },
  };
  const plan = planShadowPod(shadow, undefined);
  assert.deepEqual(plan.do === "create" ? [plan.pod.metadata?.labels, plan.pod.metadata?.annotations] : plan, [
    { ...own, "liqo.io/managed-by": "shadowpod" },
    { note: "kept" },
  ]);
});
