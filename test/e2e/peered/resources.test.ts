/**
 * What a consumer gets of a provider, and how that follows: several slices and virtual nodes of one peer, slices of a class
 * that somebody else answers, quotas that change, storage, ingress and load balancer classes.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Node, PersistentVolumeClaim, Pod, Service } from "kubernetes-types/core/v1";
import type { Ingress } from "kubernetes-types/networking/v1";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Quota } from "#api/offloading/quota.ts";
import type { VirtualNode, VkOptionsTemplate } from "#api/offloading/virtualnode.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { PEERED_FLAGS, takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "resources";
const TWIN = "resources-milan";
// Kubernetes has ResourceSlices, too: those of devices.
const RESOURCE_SLICES = "resourceslices.authentication.liqo.io";
const TENANT = { milan: "liqo-tenant-rome", rome: "liqo-tenant-milan" } as const;
const OF_ROME = ["--context", "milan", "--remote-cluster-id", "rome"] as const;
const DEFAULTS = ["virtual-kubelet-default", "-n", "liqo"] as const;
// A busy machine takes its time to start a virtual kubelet.
const FOLLOWED_MS = 60_000;

/** Classes that rome offers for a while. */
const OFFERED = [
  "offloading.reflection.ingress.ingressClasses[0].name=slow",
  "offloading.reflection.ingress.ingressClasses[1].name=fast",
  "offloading.reflection.ingress.ingressClasses[1].default=true",
  "offloading.reflection.service.loadBalancerClasses[0].name=example.com/public",
  "common.globalLabels.team=edge",
  "offloading.defaultNodeResources.cpu=6",
];

describe("resources of a provider", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  before(async () => {
    clusters = await takePeered();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  });
  after(async () => {
    // Whatever a case that failed has left.
    const made = { virtualnode: ["picky", "nodeless"], resourceslice: ["small", "nodeless", "gpu", "late"] };
    for (const [kind, names] of Object.entries(made))
      for (const name of names)
        await clusters?.tryLiqoctl(["delete", kind, name, "--context", "milan", "--skip-confirm"]);
    await clusters?.[Symbol.asyncDispose]();
  });
  const milan = (...args: readonly string[]) => clusters.kubectl("milan", "-n", NAMESPACE, ...args);
  const create = (kind: string, name: string, ...args: readonly string[]) =>
    clusters.liqoctl("create", kind, name, ...OF_ROME, ...args);
  const sliceOf = (name: string, side: keyof typeof TENANT = "milan") =>
    clusters.get<ResourceSlice>(side, RESOURCE_SLICES, name, "-n", TENANT[side]);

  test("a second slice is a second node of the same peer, with pods of its own", async () => {
    await create("resourceslice", "small", "--cpu", "1", "--memory", "1Gi", "--pods", "5");
    await clusters.kubectl("milan", "wait", "node/liqo-small", "--for=create", "--timeout=60s");
    await clusters.kubectl("milan", "wait", "node/liqo-small", "--for=condition=Ready", "--timeout=60s");
    const { metadata, status } = await clusters.get<Node>("milan", "node", "liqo-small");
    assert.equal(metadata?.labels?.["liqo.io/remote-cluster-id"], "rome");
    assert.deepEqual([status?.capacity?.["cpu"], status?.capacity?.["pods"]], ["1", "5"]);
    await runOn("liqo-small", "in-small", { cpu: "600m" });
    await runOn("liqo-rome", "in-rome");
    await runOn(undefined, "by-class", {}, { runtimeClassName: "liqo" });
    const all = ["pod/in-small", "pod/in-rome", "pod/by-class"];
    await milan("wait", "--for=condition=Ready", ...all, "--timeout=60s");
    const chosen = await clusters.get<Pod>("milan", "pod", "by-class", "-n", NAMESPACE);
    assert.match(chosen.spec?.nodeName ?? "", /^liqo-(rome|small)$/, "the RuntimeClass leads to virtual nodes");
    const twin = await clusters.get<Pod>("rome", "pod", "in-small", "-n", TWIN);
    assert.equal(twin.metadata?.labels?.["offloading.liqo.io/nodename"], "liqo-small");
  });

  test("a slice that gets smaller keeps its pods and takes no more", async () => {
    const uid = (await clusters.get<Pod>("rome", "pod", "in-small", "-n", TWIN)).metadata?.uid;
    await create("resourceslice", "small", "--cpu", "500m", "--memory", "1Gi", "--pods", "5");
    await eventually(
      "quota and node follow",
      async () => {
        const quotas = await clusters.get<{ items: Quota[] }>("rome", "quotas", "-n", TENANT.rome);
        const own = quotas.items.find(({ spec }) => spec?.user?.includes("small"));
        assert.equal(own?.spec?.resources["cpu"], "500m");
        const { status } = await clusters.get<Node>("milan", "node", "liqo-small");
        assert.equal(status?.allocatable?.["cpu"], "500m");
      },
      FOLLOWED_MS,
    );
    // Past the scheduler, which would not choose the node.
    await runOn("liqo-small", "too-much", { cpu: "100m" }, { nodeName: "liqo-small" });
    await eventually(
      "the quota refuses the new pod",
      async () => {
        const events = await milan("get", "events", "--field-selector=involvedObject.name=too-much");
        assert.match(events, /exceeded quota: requested cpu=100m/);
      },
      FOLLOWED_MS,
    );
    const kept = await clusters.get<Pod>("rome", "pod", "in-small", "-n", TWIN);
    assert.deepEqual([kept.metadata?.uid, kept.status?.phase], [uid, "Running"]);
    await create("resourceslice", "small", "--cpu", "2", "--memory", "1Gi", "--pods", "5");
    await milan("wait", "--for=condition=Ready", "pod/too-much", "--timeout=60s");
  });

  test("a virtual node that is drained loses its pods here and there, and takes new ones once it is uncordoned", async () => {
    await clusters.kubectl("milan", "drain", "liqo-small", "--force", "--ignore-daemonsets", "--timeout=60s");
    const ofSmall = ["-n", TWIN, "-l", "offloading.liqo.io/nodename=liqo-small", "-o", "name"];
    await eventually("no pod is left there", async () =>
      assert.equal(await clusters.kubectl("rome", "get", "pods", ...ofSmall), ""),
    );
    await runOn("liqo-small", "waiting");
    await milan(
      "wait",
      "--for=jsonpath={.status.conditions[?(@.type=='PodScheduled')].reason}=Unschedulable",
      "pod/waiting",
    );
    await clusters.kubectl("milan", "uncordon", "liqo-small");
    await milan("wait", "--for=condition=Ready", "pod/waiting", "--timeout=60s");
  });

  test("a virtual node without a node is there for reflection alone", async () => {
    await create("resourceslice", "nodeless", "--cpu", "1", "--memory", "1Gi", "--no-virtual-node");
    await create("virtualnode", "nodeless", "--resource-slice-name", "nodeless", "--create-node=false");
    await eventually("it runs", async () => {
      const node = await clusters.get<VirtualNode>("milan", "virtualnode", "nodeless", "-n", TENANT.milan);
      const conditions = (node.status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`).sort();
      assert.deepEqual(conditions, ["Node=None", "VirtualKubelet=Running"]);
    });
    await clusters.kubectl("milan", "rollout", "status", "-n", TENANT.milan, "deploy/vk-nodeless", "--timeout=60s");
    assert.match((await clusters.tryKubectl("milan", ["get", "node", "nodeless"])).stderr, /not found/);
    await clusters.liqoctl("delete", "virtualnode", "nodeless", "--context", "milan", "--skip-confirm");
    await clusters.liqoctl("delete", "resourceslice", "nodeless", "--context", "milan", "--skip-confirm");
    await clusters.kubectl("milan", "get", "node", "liqo-rome", "liqo-small");
  });

  test("labels and selector of a virtual node reach the node and the pods there", async () => {
    const secret = (await sliceSecret("small")) ?? "";
    const selector = ["--node-selector", "kubernetes.io/hostname=worker-node-2"];
    const { apiVersion, kind, spec } = await clusters.get<VkOptionsTemplate>("milan", "vkoptionstemplate", ...DEFAULTS);
    await apply({ apiVersion, kind, metadata: { name: "gold" }, spec: { ...spec, nodeExtraLabels: { tier: "gold" } } });
    const options = ["--vk-options-template", `${NAMESPACE}/gold`];
    await create(
      "virtualnode",
      "picky",
      "--kubeconfig-secret-name",
      secret,
      "--labels",
      "disk=ssd",
      ...selector,
      ...options,
    );
    const { metadata } = await clusters.get<Node>("milan", "node", "picky");
    assert.deepEqual([metadata?.labels?.["disk"], metadata?.labels?.["tier"]], ["ssd", "gold"]);
    await runOn("picky", "choosy");
    await milan("wait", "--for=condition=Ready", "pod/choosy", "--timeout=60s");
    const twin = await clusters.get<Pod>("rome", "pod", "choosy", "-n", TWIN);
    assert.equal(twin.spec?.nodeName, "worker-node-2");
    const patch = { spec: { offloadingPatch: { nodeSelector: { "kubernetes.io/hostname": "worker-node-1" } } } };
    await clusters.kubectl(
      "milan",
      "patch",
      "virtualnode",
      "picky",
      "-n",
      TENANT.milan,
      "--type=merge",
      "-p",
      JSON.stringify(patch),
    );
    await eventually(
      "new pods go where the changed patch says",
      async () => {
        await milan("delete", "pod", "choosier", "--ignore-not-found", "--now");
        await runOn("picky", "choosier");
        await milan("wait", "--for=condition=Ready", "pod/choosier", "--timeout=20s");
        const other = await clusters.get<Pod>("rome", "pod", "choosier", "-n", TWIN);
        assert.equal(other.spec?.nodeName, "worker-node-1");
      },
      FOLLOWED_MS,
    );
    const toNoNode = JSON.stringify({ spec: { createNode: false } });
    await clusters.kubectl(
      "milan",
      "patch",
      "virtualnode",
      "picky",
      "-n",
      TENANT.milan,
      "--type=merge",
      "-p",
      toNoNode,
    );
    await gone("node", "picky");
    await gone("pod", "choosier");
    await clusters.liqoctl("delete", "virtualnode", "picky", "--context", "milan", "--skip-confirm");
    await gone("virtualnode", "picky");
  });

  test("a slice of another class waits for its own controller, and all goes on from what that says", async () => {
    await create("resourceslice", "gpu", "--class", "gpu", "--resource", "example.com/gpu=2");
    const asked = await sliceOf("gpu", "rome");
    assert.equal(asked.status?.resources, undefined);
    assert.equal(
      asked.status?.conditions?.find(({ type }) => type === "Resources"),
      undefined,
    );
    // What a controller of the class gpu would say.
    const accepted = {
      type: "Resources",
      status: "Accepted",
      reason: "Granted",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const answer = {
      conditions: [...(asked.status?.conditions ?? []), accepted],
      resources: { cpu: "1", memory: "1Gi", pods: "3", "example.com/gpu": "2" },
      nodeLabels: { "example.com/model": "t4" },
    };
    await clusters.kubectl(
      ...["rome", "patch", RESOURCE_SLICES, "gpu", "-n", TENANT.rome, "--subresource=status", "--type=merge", "-p"],
      JSON.stringify({ status: answer }),
    );
    await clusters.kubectl("milan", "wait", "node/liqo-gpu", "--for=create", "--timeout=60s");
    const node = await clusters.get<Node>("milan", "node", "liqo-gpu");
    assert.equal(node.metadata?.labels?.["example.com/model"], "t4");
    await clusters.kubectl("milan", "wait", "node/liqo-gpu", "--for=condition=Ready", "--timeout=60s");
    const { status } = await clusters.get<Node>("milan", "node", "liqo-gpu");
    assert.equal(status?.capacity?.["example.com/gpu"], "2");
    await clusters.liqoctl("delete", "resourceslice", "gpu", "--context", "milan", "--skip-confirm");
    await gone("node", "liqo-gpu");
  });

  test("the classes that a provider offers are those of the copies there", async () => {
    await installRome(OFFERED);
    try {
      await eventually(
        "the virtual kubelet knows the classes",
        async () => {
          const { status } = await sliceOf("rome");
          assert.deepEqual(status?.ingressClasses, [
            { ingressClassName: "slow" },
            { ingressClassName: "fast", default: true },
          ]);
          assert.deepEqual(status?.loadBalancerClasses, [{ loadBalancerClassName: "example.com/public" }]);
          assert.deepEqual(status?.storageClasses, [
            { storageClassName: "liqo" },
            { storageClassName: "local-path", default: true },
          ]);
          const { metadata, status: { capacity } = {} } = await clusters.get<Node>("milan", "node", "liqo-rome");
          assert.equal(metadata?.labels?.["storage.liqo.io/available"], "true");
          assert.equal(capacity?.["cpu"], "6", "who asks for nothing is granted the new default");
          await rolledOut("vk-liqo-rome", "--remote-real-ingress-class-name=fast");
          await rolledOut("vk-liqo-small", "--remote-real-ingress-class-name=fast");
        },
        FOLLOWED_MS,
      );
      await milan("create", "ingress", "web", "--class=nginx", "--rule=example.com/*=web:80");
      await milan("create", "service", "loadbalancer", "web", "--tcp=80");
      await eventually(
        "ingress and Service are of the provider's classes",
        async () => {
          const ingress = await clusters.get<Ingress>("rome", "ingress", "web", "-n", TWIN);
          assert.equal(ingress.spec?.ingressClassName, "fast");
          const service = await clusters.get<Service>("rome", "service", "web", "-n", TWIN);
          assert.equal(service.spec?.loadBalancerClass, "example.com/public");
        },
        FOLLOWED_MS,
      );
      await apply(claim("data"));
      await runOn(
        "liqo-rome",
        "keeper",
        {},
        { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] },
      );
      await milan("wait", "--for=condition=Ready", "pod/keeper", "--timeout=60s");
      const there = await clusters.get<PersistentVolumeClaim>("rome", "pvc", "data", "-n", TWIN);
      assert.deepEqual([there.spec?.storageClassName, there.status?.phase], ["local-path", "Bound"]);
      const keeper = await clusters.get<Pod>("rome", "pod", "keeper", "-n", TWIN);
      assert.equal(keeper.metadata?.labels?.["team"], "edge", "the provider's global labels are on what it makes");
      await milan("delete", "pod", "keeper", "--now");
    } finally {
      await installRome([]);
    }
    await eventually(
      "nothing is offered any more",
      async () => {
        assert.equal((await sliceOf("rome")).status?.ingressClasses, undefined);
        await rolledOut("vk-liqo-rome", "--enable-ingress", false);
      },
      FOLLOWED_MS,
    );
  });

  test("where the default class is disabled, new slices are denied and old nodes go on", async () => {
    await installRome(["authentication.defaultResourceSliceClassEnabled=false"]);
    try {
      const refused = await clusters.tryLiqoctl(["create", "resourceslice", "late", ...OF_ROME]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /--class/);
      assert.match(refused.stderr, /default ResourceSlice class has been administratively disabled on the provider/);
      const { status } = await clusters.get<Pod>("milan", "pod", "in-rome", "-n", NAMESPACE);
      assert.equal(status?.phase, "Running");
    } finally {
      await installRome([]);
    }
    await eventually(
      "it is granted after all",
      async () => {
        const conditions = (await sliceOf("late")).status?.conditions ?? [];
        assert.equal(conditions.find(({ type }) => type === "Resources")?.status, "Accepted");
      },
      FOLLOWED_MS,
    );
    for (const name of ["late", "small"])
      await clusters.liqoctl("delete", "resourceslice", name, "--context", "milan", "--skip-confirm");
  });

  async function installRome(values: readonly string[]): Promise<void> {
    const rome = clusters.clusters.find(({ name }) => name === "rome");
    assert.ok(rome !== undefined);
    await installLiqo(clusters, rome, rome.name, ...PEERED_FLAGS, ...values.flatMap((value) => ["--set", value]));
    await eventually(
      "the one that answered before has ended",
      async () => {
        const selector = ["-l", "app.kubernetes.io/component=controller-manager"];
        const pods = await clusters.kubectl("rome", "get", "pods", "-n", "liqo", ...selector, "-o", "name");
        assert.equal(pods.trim().split("\n").length, 1);
      },
      FOLLOWED_MS,
    );
  }

  async function gone(kind: string, name: string): Promise<void> {
    await eventually(
      `no ${kind} ${name}`,
      async () =>
        assert.equal((await clusters.kubectl("milan", "get", kind, "-A", "-o", "name")).includes(`/${name}\n`), false),
      FOLLOWED_MS,
    );
  }

  async function rolledOut(deployment: string, argument: string, isThere = true): Promise<void> {
    const args = await clusters.kubectl(
      "milan",
      "get",
      "deploy",
      deployment,
      "-n",
      TENANT.milan,
      "-o",
      "jsonpath={..args}",
    );
    assert.equal(args.includes(argument), isThere);
    const status = ["rollout", "status", "-n", TENANT.milan, `deploy/${deployment}`, "--timeout=30s"];
    await clusters.kubectl("milan", ...status);
  }

  async function sliceSecret(slice: string): Promise<string | undefined> {
    const node = await clusters.get<VirtualNode>("milan", "virtualnode", `liqo-${slice}`, "-n", TENANT.milan);
    return node.spec?.kubeconfigSecretRef?.name;
  }

  async function apply(...objects: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const { code, stderr } = await clusters.tryKubectl("milan", ["-n", NAMESPACE, "apply", "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  }

  /** A pod that sleeps there. */
  function runOn(node: string | undefined, name: string, requests: object = {}, more: object = {}): Promise<void> {
    const container = { name: "main", image: "busybox", command: ["sleep", "3600"], resources: { requests } };
    const spec = {
      ...(node !== undefined && { nodeSelector: { "kubernetes.io/hostname": node } }),
      terminationGracePeriodSeconds: 1,
      ...more,
    };
    return apply({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { ...spec, containers: [container] } });
  }
});

function claim(name: string): object {
  const spec = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "1Mi" } },
  };
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name }, spec };
}
