/** One trace of one offloaded pod, from its admission at the consumer until it is Ready there, with the provider's steps. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { addressSeenFrom } from "#kit/address-seen-from.ts";
import { type Clusters, installLiqo } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type Collector, type ReceivedSpan, startCollector } from "#kit/otlp-collector.ts";
import { PEERED_FLAGS, takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "traced";
const TWIN = "traced-milan";
const TENANT = "liqo-tenant-rome";
const KUBELET = "deploy/vk-liqo-rome";
// A busy machine takes its time to start what is installed anew; spans are sent every five seconds.
const FOLLOWED_MS = 60_000;
const ENDPOINT = "--tracing-endpoint";

describe("tracing", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let collector: Collector;

  before(async () => {
    clusters = await takePeered();
    collector = await startCollector("0.0.0.0");
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  });

  after(async () => {
    try {
      if (clusters !== undefined) await install([]);
    } finally {
      await collector?.[Symbol.asyncDispose]();
      await clusters?.[Symbol.asyncDispose]();
    }
  });

  test("by default nothing is traced", async () => {
    await run("untraced");
    const { metadata } = await clusters.get<Pod>("milan", "pod", "untraced", "-n", NAMESPACE);
    assert.equal(metadata?.annotations?.["liqo.io/traceparent"], undefined);
    const kubelet = await clusters.kubectl("milan", "get", KUBELET, "-n", TENANT, "-o", "jsonpath={..args}");
    assert.ok(!kubelet.includes(ENDPOINT));
  });

  test("the steps of a pod in both clusters are one trace, each a part of the one before", async () => {
    const { kubeconfig } = clusters.engine;
    const host = await addressSeenFrom(kubeconfig, "milan");
    await install([`tracing.endpoint=http://${host}:${collector.port}`, "tracing.samplingRatio=1"]);
    await run("traced");
    const trace = await eventually(
      "all steps have arrived",
      async () => {
        const own = collector.spans.filter(({ attributes }) => attributes["k8s.pod.name"] === "traced");
        assert.ok(
          own.some(({ attributes }) => attributes["k8s.pod.ready"] === true),
          "the last step of the consumer",
        );
        assert.ok(
          own.some(({ name }) => name === "create pod"),
          "the last step of the provider",
        );
        return own;
      },
      FOLLOWED_MS,
    );
    assert.equal(new Set(trace.map(({ traceId }) => traceId)).size, 1);
    const admitted = only(trace, "admit pod");
    const reflected = only(trace, "reflect pod");
    const validated = only(trace, "validate ShadowPod");
    const created = only(trace, "create pod");
    const reports = trace.filter(({ name }) => name === "report status");
    assert.equal(admitted.parentSpanId, undefined);
    assert.equal(reflected.parentSpanId, admitted.spanId);
    for (const span of [validated, created, ...reports]) assert.equal(span.parentSpanId, reflected.spanId, span.name);
    assert.deepEqual(madeBy(admitted), ["liqo-controller-manager", "milan", undefined, NAMESPACE]);
    assert.deepEqual(madeBy(reflected), ["virtual-kubelet", "milan", "rome", NAMESPACE]);
    for (const span of [validated, created])
      assert.deepEqual(madeBy(span), ["liqo-controller-manager", "rome", "milan", TWIN]);
    assert.deepEqual(madeBy(reports[0]), ["virtual-kubelet", "milan", "rome", NAMESPACE]);
    assert.equal(reports.at(-1)?.attributes["k8s.pod.ready"], true);
    assert.equal(reports.at(-1)?.attributes["k8s.pod.phase"], "Running");
  });

  test("the real pod does not say that it is traced", async () => {
    const { metadata } = await clusters.get<Pod>("rome", "pod", "traced", "-n", TWIN);
    assert.equal(metadata?.annotations?.["liqo.io/traceparent"], undefined);
  });

  test("a refusal is the failure of its step", async () => {
    await clusters.kubectl("milan", "run", "huge", "-n", NAMESPACE, "--image=busybox", overridesOf("1000", HUGE));
    const refused = await eventually(
      "the refusal has arrived",
      async () => {
        const span = collector.spans.find(
          ({ name, attributes }) => name === "validate ShadowPod" && attributes["k8s.pod.name"] === "huge",
        );
        assert.ok(span !== undefined);
        return span;
      },
      FOLLOWED_MS,
    );
    assert.equal(refused.status.code, 2);
    assert.match(refused.status.message ?? "", /exceeded quota/);
    await clusters.kubectl("milan", "delete", "pod", "huge", "-n", NAMESPACE, "--now");
  });

  async function run(name: string): Promise<void> {
    await clusters.kubectl("milan", "run", name, "-n", NAMESPACE, "--image=busybox", overridesOf("10m"));
    await clusters.kubectl("milan", "wait", "--for=condition=Ready", `pod/${name}`, "-n", NAMESPACE, "--timeout=60s");
  }

  /** Both clusters with these values, and the virtual kubelet that milan has of rome. */
  async function install(values: readonly string[]): Promise<void> {
    const flags = [...PEERED_FLAGS, ...values.flatMap((value) => ["--set", value])];
    const status = ["rollout", "status", "deploy/liqo-controller-manager", "-n", "liqo", "--timeout=60s"];
    await Promise.all(
      clusters.clusters.map(async (cluster) => {
        await installLiqo(clusters, cluster, cluster.name, ...flags);
        await clusters.kubectl(cluster.name, ...status);
      }),
    );
    // A virtual node that exists takes the template over with its next change.
    await eventually(
      "the virtual kubelet follows",
      async () => {
        const note = `traced=${values.length}`;
        await clusters.kubectl("milan", "annotate", "virtualnode", "liqo-rome", "-n", TENANT, note, "--overwrite");
        const args = await clusters.kubectl("milan", "get", KUBELET, "-n", TENANT, "-o", "jsonpath={..args}");
        assert.equal(args.includes(ENDPOINT), values.length > 0);
      },
      FOLLOWED_MS,
    );
    await clusters.kubectl("milan", "annotate", "virtualnode", "liqo-rome", "-n", TENANT, "traced-");
    await clusters.kubectl("milan", "rollout", "status", KUBELET, "-n", TENANT, "--timeout=60s");
  }
});

/** Past the scheduler, which would not let it go where it has no room. */
const HUGE = { nodeName: "liqo-rome" };

function overridesOf(cpu: string, where: object = { nodeSelector: { "liqo.io/type": "virtual-node" } }): string {
  const container = {
    name: "main",
    image: "busybox",
    command: ["sleep", "3600"],
    resources: { requests: { cpu } },
  };
  const spec = { containers: [container], terminationGracePeriodSeconds: 1, ...where };
  return `--overrides=${JSON.stringify({ apiVersion: "v1", spec })}`;
}

function only(trace: readonly ReceivedSpan[], step: string): ReceivedSpan {
  const [span, ...more] = trace.filter(({ name }) => name === step);
  assert.ok(span !== undefined && more.length === 0, `${step}: ${more.length + 1} times`);
  return span;
}

function madeBy(span: ReceivedSpan | undefined): unknown[] {
  const { resource = {}, attributes = {} } = span ?? {};
  assert.equal(resource["liqo.cluster_id"], attributes["liqo.cluster_id"]);
  return [
    resource["service.name"],
    attributes["liqo.cluster_id"],
    attributes["liqo.peer_id"],
    attributes["k8s.namespace.name"],
  ];
}
