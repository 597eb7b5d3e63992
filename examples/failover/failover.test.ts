/** A Deployment whose pods run in the other cluster comes home when that cluster is drained, and its Service goes on. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLab, type Lab, type LabObject } from "liqo-ts/testing";

const NAMESPACE = "web";
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: NAMESPACE } };

interface Deployment extends LabObject {
  readonly status?: { readonly readyReplicas?: number };
}

interface Pod extends LabObject {
  readonly spec: { readonly nodeName?: string };
}

let lab: Lab<"home" | "away">;

before(async () => {
  lab = await createLab({ clusters: ["home", "away"], peered: true });
  const { client } = lab.clusters.home;
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await lab.liqoctl("offload", "namespace", NAMESPACE, "--context", "home");
});

after(() => lab.close());

test("pods that run away come home when the provider's node is drained", async () => {
  const { client, kubectl } = lab.clusters.home;
  await client.apply({
    ...DEPLOYMENT,
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  preference: { matchExpressions: [{ key: "liqo.io/type", operator: "In", values: ["virtual-node"] }] },
                },
              ],
            },
          },
          containers: [{ name: "web", image: "nginx" }],
        },
      },
    },
  });
  await client.waitFor<Deployment>(DEPLOYMENT, (deployment) => deployment?.status?.readyReplicas === 2);
  assert.deepEqual(await nodes(), ["liqo-away", "liqo-away"]);

  await kubectl(["drain", "liqo-away", "--ignore-daemonsets", "--timeout=60s"]);
  await client.waitFor<Deployment>(DEPLOYMENT, (deployment) => deployment?.status?.readyReplicas === 2);
  assert.deepEqual(new Set(await nodes()), new Set(["worker-node-1"]));
});

/** Where the pods are that nobody has asked to leave. */
async function nodes(): Promise<(string | undefined)[]> {
  const pods = await lab.clusters.home.client.list<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    namespace: NAMESPACE,
    labelSelector: "app=web",
  });
  return pods.filter(({ metadata }) => metadata["deletionTimestamp"] === undefined).map(({ spec }) => spec.nodeName);
}
