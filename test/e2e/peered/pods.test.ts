/** What of a pod's spec and deletion takes effect at the provider: docs/pods.md says what becomes of each field. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import type { SizedPodSpec } from "#machinery/pod.ts";

const NAMESPACE = "fields";
const TWIN = "fields-milan";

describe("the spec of an offloaded pod", { concurrency: 1 }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await takePeered();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  });
  after(() => clusters?.[Symbol.asyncDispose]());
  const milan = (...args: readonly string[]) => clusters.kubectl("milan", "-n", NAMESPACE, ...args);
  const atHome = (name: string) => clusters.get<Pod>("milan", "pod", "-n", NAMESPACE, name);
  const create = async (pod: object): Promise<void> => {
    const input = JSON.stringify(pod);
    const { code, stderr } = await clusters.tryKubectl("milan", ["-n", NAMESPACE, "apply", "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  };

  test("kubectl says in what time it ends", async () => {
    // Nothing but its end stops it.
    const command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
    const containers = [{ name: "deaf", image: "busybox", command }];
    await create(podOf("deaf", { terminationGracePeriodSeconds: 600, containers }));
    await milan("wait", "--for=condition=Ready", "pod/deaf", "--timeout=60s");
    await milan("delete", "pod", "deaf", "--grace-period=2", "--timeout=60s");
    assert.equal(await clusters.kubectl("rome", "-n", TWIN, "get", "pods", "-o", "name"), "");
  });

  test("a sidecar runs beside it, counts for its readiness, and ends with its work", async () => {
    await create(podOf("helped", WITH_SIDECAR));
    await eventually("home sees the sidecar run, and the pod not ready before it is", async () => {
      const { status } = await atHome("helped");
      const [sidecar] = status?.initContainerStatuses ?? [];
      assert.deepEqual([sidecar?.name, sidecar?.started, sidecar?.ready], ["helper", true, false]);
      assert.equal(status?.containerStatuses?.[0]?.ready, true);
      assert.equal(status?.conditions?.find(({ type }) => type === "Ready")?.status, "False");
    });
    await milan("exec", "helped", "-c", "helper", "--", "touch", "/tmp/ready");
    await milan("wait", "--for=condition=Ready", "pod/helped", "--timeout=60s");
    assert.match(await milan("get", "pod", "helped"), /helped +2\/2 +Running/);
    await milan("exec", "helped", "-c", "main", "--", "touch", "/tmp/done");
    await eventually("the pod has succeeded, and its sidecar has ended", async () => {
      const { status } = await atHome("helped");
      assert.equal(status?.phase, "Succeeded");
      assert.ok(status?.initContainerStatuses?.[0]?.state?.terminated);
    });
    await milan("delete", "pod", "helped", "--now");
  });

  test("what it asks for as a whole is asked for at the provider", async () => {
    const resources = { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "64Mi" } };
    const containers = [{ name: "sized", image: "busybox", command: ["sleep", "3600"] }];
    await create(podOf("sized", { resources, terminationGracePeriodSeconds: 1, containers }));
    await milan("wait", "--for=condition=Ready", "pod/sized", "--timeout=60s");
    const twin = await clusters.get<Pod>("rome", "pod", "-n", TWIN, "sized");
    const { requests, limits }: NonNullable<SizedPodSpec["resources"]> = (twin.spec as SizedPodSpec).resources ?? {};
    assert.deepEqual([requests, limits], [resources.requests, resources.limits]);
    await milan("delete", "pod", "sized", "--now");
  });
});

function podOf(name: string, spec: object): object {
  const nodeSelector = { "liqo.io/type": "virtual-node" };
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { nodeSelector, ...spec } };
}

/** The sidecar is ready with a file, and so is the work done. */
const WITH_SIDECAR = {
  restartPolicy: "Never",
  initContainers: [
    {
      name: "helper",
      image: "busybox",
      command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"],
      restartPolicy: "Always",
      readinessProbe: { exec: { command: ["test", "-f", "/tmp/ready"] }, periodSeconds: 1 },
    },
  ],
  containers: [{ name: "main", image: "busybox", command: ["sh", "-c", "until [ -f /tmp/done ]; do sleep 0.2; done"] }],
};
