import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodStatus } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { systemClock } from "#base/clock.ts";
import { startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { here, owned, there, webPod } from "#kit/virtual-kubelet.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { pods } from "#machinery/builtin.ts";
import { StatusReporter } from "./status-reporter.ts";

const SCOPE = {
  origin: "cluster-a",
  destination: "cluster-b",
  nodeName: "cluster-b",
  labelsNotReflected: [],
  annotationsNotReflected: [],
};
const SHADOW = { metadata: there("web"), status: { phase: "Failed" as const } };
const FAILED: PodStatus = {
  phase: "Failed",
  containerStatuses: [
    {
      name: "web",
      image: "nginx",
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 3, reason: "Error" } },
    },
  ],
};

test("a pod whose end the watch has not told of yet is asked for, with its exit code", async () => {
  await using clusters = await startTwoClusters();
  await runAndFail(clusters, owned);
  const status = await reported(clusters);
  assert.equal(status?.reason, undefined);
  assert.equal(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
});

test("a pod that is gone ended as its ShadowPod says", async () => {
  await using clusters = await startTwoClusters();
  const status = await reported(clusters);
  assert.deepEqual([status?.phase, status?.reason], ["Failed", "RemotePodTerminated"]);
});

test("somebody else's pod of that name says nothing", async () => {
  await using clusters = await startTwoClusters();
  await runAndFail(clusters, {});
  assert.equal((await reported(clusters))?.reason, "RemotePodTerminated");
});

async function runAndFail({ ctx, provider }: TwoClusters, marks: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { ...there("web"), labels: { ...marks, [labels.NODE_NAME]: SCOPE.nodeName } };
  const { spec } = webPod("web");
  const pod = await provider.client.create(ctx, pods, { metadata, ...(spec !== undefined && { spec }) });
  await provider.client.updateStatus(ctx, pods, { ...pod, status: FAILED });
}

/** What a reporter writes whose cache knows the ShadowPod's end, but no remote pod. */
async function reported({ ctx, consumer, provider }: TwoClusters): Promise<PodStatus | undefined> {
  const { client } = consumer;
  const local = await client.create(ctx, pods, webPod("web"));
  const settings = { nodeIp: "127.0.0.1", isIpReflected: true, localPodCidr: undefined, remotePodCidrs: [] };
  const deps = { scope: SCOPE, local: client, remote: provider.client, clock: systemClock, settings };
  const reporter = new StatusReporter(deps, new EventRecorder(client, { component: "test" }));
  await reporter.report(ctx, { local, shadow: SHADOW, remote: undefined });
  return (await client.get(ctx, pods, here("web"))).status;
}
