/** A virtual kubelet of node `cluster-b` between the two clusters of a test, and what the provider does for it. */
import type { Pod } from "kubernetes-types/core/v1";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { shadowPods } from "#api/offloading/shadow.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { coreEvents, pods, secrets } from "#machinery/builtin.ts";
import { forgeKubeconfig } from "#pki/kubeconfig.ts";
import { parseSettings } from "#virtual-kubelet/settings.ts";
import { runVirtualKubelet } from "#virtual-kubelet/virtual-kubelet.ts";
import { seen, type TwoClusters } from "./two-clusters.ts";

export const TENANT = "liqo-tenant-cluster-b";
export const NODE = { name: "cluster-b" };
export const owned = { "offloading.liqo.io/origin": "cluster-a", "offloading.liqo.io/destination": "cluster-b" };
export const here = (name: string) => ({ namespace: "off", name });
export const there = (name: string) => ({ namespace: "off-cluster-a", name });

export async function prepare({ ctx, consumer, provider }: TwoClusters): Promise<void> {
  const { client } = consumer;
  const kubeconfig = JSON.stringify(
    forgeKubeconfig({
      cluster: "cluster-b",
      server: provider.api.url,
      ca: provider.api.ca,
      user: "cluster-a",
      credentials: provider.api.adminCertificate,
    }),
  );
  await client.create(ctx, secrets, {
    metadata: { name: "kubeconfig-resourceslice-cluster-b", namespace: TENANT },
    data: { kubeconfig: Buffer.from(kubeconfig).toString("base64") },
  });
  await client.create(ctx, virtualNodes, {
    metadata: { name: "cluster-b", namespace: TENANT },
    spec: {
      clusterID: "cluster-b",
      labels: { zone: "milan" },
      resourceQuota: { hard: { cpu: "4", memory: "8Gi", pods: "110" } },
    },
  });
  const map = await client.create(ctx, namespaceMaps, {
    metadata: { name: "cluster-b", namespace: TENANT },
    spec: { desiredMapping: { off: "off-cluster-a" } },
  });
  await client.updateStatus(ctx, namespaceMaps, {
    ...map,
    status: { currentMapping: { off: { remoteNamespace: "off-cluster-a", phase: "Accepted" } } },
  });
}

export function startKubelet(
  { ctx: outer, consumer }: TwoClusters,
  ...args: string[]
): AsyncDisposable & { ctx: Context } {
  const { ctx, cancel } = withCancel(outer);
  const settings = parseSettings(
    [
      "--nodename=cluster-b",
      "--home-cluster-id=cluster-a",
      "--foreign-cluster-id=cluster-b",
      `--tenant-namespace=${TENANT}`,
      "--node-ip=127.0.0.1",
      "--foreign-kubeconfig-secret-name=kubeconfig-resourceslice-cluster-b",
      "--listen-port=0",
      "--certificate-type=self-signed",
      "--node-check-network=false",
      "--enable-apiserver-support",
      ...args,
    ],
    "443",
  );
  const running = runVirtualKubelet(ctx, { client: consumer.client, settings, identity: "test", clock: systemClock });
  return {
    ctx,
    [Symbol.asyncDispose]: async () => {
      cancel();
      await running;
    },
  };
}

export const webPod = (name: string): Pod => ({
  metadata: { name, namespace: "off", labels: { app: "web" } },
  spec: { nodeName: "cluster-b", containers: [{ name: "web", image: "nginx" }], terminationGracePeriodSeconds: 2 },
});

/** What the provider's controller and kubelet do. */
export async function runRemotely(
  { ctx, provider }: TwoClusters,
  name: string,
  status: NonNullable<Pod["status"]>,
): Promise<Pod> {
  const shadow = await seen(provider.client, shadowPods, there(name));
  const { labels = {} } = shadow.metadata ?? {};
  const spec = shadow.spec?.pod ?? { containers: [] };
  const pod = await provider.client.create(ctx, pods, { metadata: { ...there(name), labels }, spec });
  return provider.client.updateStatus(ctx, pods, { ...pod, status });
}

export function running(podIP: string, restartCount: number): NonNullable<Pod["status"]> {
  return {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    hostIP: "172.31.0.11",
    startTime: "2026-11-23T17:07:15Z",
    containerStatuses: [
      {
        name: "web",
        image: "nginx",
        imageID: "",
        ready: true,
        restartCount,
        state: { running: { startedAt: "2026-11-23T17:07:16Z" } },
      },
    ],
  };
}

/** Waits for an event of that object with that text. */
export async function eventAbout({ ctx, consumer }: TwoClusters, name: string, text: string): Promise<void> {
  const scope = { namespace: "off" };
  for await (const event of consumer.client.watch(ctx, coreEvents, scope)) {
    if (event.type === "BOOKMARK" || event.object.involvedObject.name !== name) continue;
    if (event.object.message?.includes(text) === true) return;
  }
}
