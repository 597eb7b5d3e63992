import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { seen } from "#kit/two-clusters.ts";
import { namespaces } from "#machinery/builtin.ts";
import { forgeOffloading, selectedClusters } from "./namespace.ts";

describe("offload namespace", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
    const { ctx, consumer } = clusters;
    for (const name of ["shop", "web"])
      await consumer.client.create(ctx, namespaces, { metadata: { name, labels: { team: "sales" } } });
  });
  after(() => clusters[Symbol.asyncDispose]());

  test("pods may run in the clusters that the selector has chosen, not in all that the status lists", () => {
    const conditions = (required: string) => [
      { type: "OffloadingRequired", status: required },
      { type: "Ready", status: "True" },
    ];
    const remoteNamespacesConditions = { b: conditions("False"), c: conditions("True"), d: [] };
    assert.deepEqual(selectedClusters({ remoteNamespacesConditions }), ["c"]);
    assert.deepEqual(selectedClusters(undefined), []);
  });

  test("selectors become terms, of which one is enough", () => {
    const { spec } = forgeOffloading("web", {
      podOffloadingStrategy: "Remote",
      namespaceMappingStrategy: "SelectedName",
      remoteNamespaceName: "twin",
      selectors: ["region=eu,gpu", "tier notin (dev)"],
      timeoutMs: 0,
    });
    assert.deepEqual(spec, {
      podOffloadingStrategy: "Remote",
      namespaceMappingStrategy: "SelectedName",
      remoteNamespaceName: "twin",
      clusterSelector: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "region", operator: "In", values: ["eu"] },
              { key: "gpu", operator: "Exists" },
            ],
          },
          { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["dev"] }] },
        ],
      },
    });
  });

  const PROTECTED = "is protected and cannot be offloaded\n  system namespaces, Liqo's own and default stay local";
  for (const [args, says] of [
    ["default", `namespace default ${PROTECTED}`],
    ["liqo", `namespace liqo ${PROTECTED}`],
    ["nosuch", "error: namespace nosuch does not exist on https://"],
    ["off nosuch", "error: namespace nosuch does not exist on https://"],
    ["off --remote-namespace-name x", "--namespace-mapping-strategy SelectedName must be given together\n"],
    ["off --namespace-mapping-strategy SelectedName", "--remote-namespace-name and --namespace-mapping-strategy"],
    ["off --ns-selector team=sales", "name the namespaces, or select them by --ns-selector: one of the two\n"],
    ["--ns-selector team=none", '--ns-selector "team=none": no namespace has these labels\n'],
    ["off -o json -l a=b=c", `--selector "a=b=c": unable to parse requirement`],
  ] as const) {
    test(`offload namespace ${args} is refused before anything is offloaded`, async () => {
      const { ctx, consumer, liqoctl } = clusters;
      const { code, stdout, stderr } = await liqoctl(`offload namespace ${args}`);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      assert.ok(stderr.includes(says), stderr);
      assert.deepEqual((await consumer.client.list(ctx, namespaceOffloadings)).items, []);
    });
  }

  test("--output prints the objects and changes nothing", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    const { code, stdout } = await liqoctl(
      "offload ns --ns-selector team=sales -o yaml --pod-offloading-strategy Remote",
    );
    assert.equal(code, 0);
    assert.deepEqual(stdout.match(/namespace: \w+/g), ["namespace: shop", "namespace: web"]);
    assert.match((await liqoctl("offload ns web -o json")).stdout, /"podOffloadingStrategy": "LocalAndRemote"/);
    assert.deepEqual((await consumer.client.list(ctx, namespaceOffloadings)).items, []);
  });

  for (const [phase, code, says] of [
    ["Ready", 0, "Pods of off may now run in cluster-b (namespace off-cluster-a there).\n"],
    ["NoClusterSelected", 0, "! (local) no cluster is selected: is there a peering, and does the selector match"],
    ["AllFailed", 1, "error: namespace off: AllFailed\n  see `kubectl describe namespaceoffloading -n off`\n"],
  ] as const) {
    test(`offloading that ends as ${phase} is told so`, async () => {
      const { ctx, consumer, liqoctl } = clusters;
      const key = { namespace: "off", name: "offloading" };
      await consumer.client.deleteIfPresent(ctx, namespaceOffloadings, key);
      const running = liqoctl("offload namespace off");
      // What the controllers would write.
      const { metadata } = await seen(consumer.client, namespaceOffloadings, key);
      const status = {
        observedGeneration: metadata?.generation,
        offloadingPhase: phase,
        remoteNamespaceName: "off-cluster-a",
        remoteNamespacesConditions: { "cluster-b": [{ type: "OffloadingRequired", status: "True" }] },
      };
      await consumer.client.patch(ctx, namespaceOffloadings, key, "merge", { status }, { subresource: "status" });
      const outcome = await running;
      assert.equal(outcome.code, code);
      assert.ok((outcome.stdout + outcome.stderr).includes(says), outcome.stdout + outcome.stderr);
    });
  }

  test("offloading that goes on is given up after --timeout", async () => {
    const { stderr } = await clusters.liqoctl("offload namespace web --timeout 100ms");
    assert.match(
      stderr,
      /namespaceoffloadings.offloading.liqo.io web\/offloading: offloading still in progress within 0 s/,
    );
  });
});
