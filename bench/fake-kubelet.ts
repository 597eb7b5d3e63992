/** Nodes whose pods cost nothing: kwok, a fake kubelet, holds them Running. Built by scripts/build-kwok.sh. */
import { join } from "node:path";
import type { Node } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { Background } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes } from "#machinery/builtin.ts";

const KWOK = join(import.meta.dirname, "../.tools/kwok");
const ANNOTATION = "kwok.x-k8s.io/node";
const READY_MS = 30_000;
/** For pods that belong on such nodes. */
export const FAKE_NODE_TAINT = { key: ANNOTATION, value: "fake", effect: "NoSchedule" } as const;
export const FAKE_NODE_LABEL = { type: "kwok" } as const;

/** Adds the node `fake-node` to a cluster; disposing ends the kubelet and removes the node. */
export async function startFakeNode(
  ctx: Context,
  client: KubeClient,
  kubeconfig: string,
  podAddresses: string,
): Promise<AsyncDisposable> {
  const selector = `--manage-nodes-with-annotation-selector=${ANNOTATION}=fake`;
  const kubelet = new Background(join(KWOK, "kwok"), [
    `--kubeconfig=${kubeconfig}`,
    `--config=${join(KWOK, "stages.yaml")}`,
    `--config=${join(import.meta.dirname, "kwok.yaml")}`,
    `--cidr=${podAddresses}`,
    "--node-lease-duration-seconds=40",
    selector,
  ]);
  await client.create(ctx, nodes, forgeNode("fake-node"));
  const key = { name: "fake-node" };
  try {
    await eventually(
      `fake-node is ready; kwok says: ${kubelet.text}`,
      async () => {
        const { status } = await client.get(ctx, nodes, key);
        if (!status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True"))
          throw new Error("it is not ready");
      },
      READY_MS,
    );
  } catch (error) {
    await kubelet[Symbol.asyncDispose]();
    throw new Error(kubelet.text, { cause: error });
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await kubelet[Symbol.asyncDispose]();
      await client.deleteIfPresent(ctx, nodes, key);
    },
  };
}

function forgeNode(name: string): Node {
  const resources = { cpu: "1000", memory: "4Ti", pods: "5000", "ephemeral-storage": "1Ti" };
  return {
    metadata: {
      name,
      annotations: { [ANNOTATION]: "fake", "node.alpha.kubernetes.io/ttl": "0" },
      labels: {
        ...FAKE_NODE_LABEL,
        // No packet arrives there: a gateway whose address it were given would be lost.
        "node.kubernetes.io/exclude-from-external-load-balancers": "true",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
      },
    },
    spec: { taints: [FAKE_NODE_TAINT] },
    status: { allocatable: resources, capacity: resources },
  };
}
