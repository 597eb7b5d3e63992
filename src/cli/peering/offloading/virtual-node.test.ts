import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES, type TwoClusters } from "#kit/two-clusters.ts";
import { nodes } from "#machinery/builtin.ts";
import type { Cluster } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { createPrinter, type Printer } from "../../printer/printer.ts";
import { waitForNode } from "./virtual-node.ts";

const NAMESPACE = TENANT_NAMESPACES.consumer;
const TIMEOUT_MS = 5_000;
const SHORT_MS = 300;
let clusters: TwoClusters;

before(async () => {
  clusters = await startTwoClusters();
});
after(() => clusters[Symbol.asyncDispose]());

function consumer(): { readonly cluster: Cluster; readonly lines: string[]; readonly printer: Printer } {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text.trimEnd());
  const printer = createPrinter({ terminal: false, write, print: write, clock: steppedClock() });
  const { client } = clusters.consumer;
  const cluster = { client, liqoNamespace: "liqo", server: "", [Symbol.dispose]: () => undefined };
  return { cluster, lines, printer };
}

function virtualNode(name: string, slice: string, createNode: boolean): object {
  return {
    metadata: { name, namespace: NAMESPACE, labels: { "liqo.io/resourceslice-name": slice } },
    spec: { clusterID: "cluster-b", createNode },
  };
}

for (const [whose, name] of [
  ["ours", "liqo-cluster-b"],
  ["upstream's", "cluster-b"],
] as const) {
  test(`the node of a slice is found under ${whose} name`, async () => {
    const { ctx } = clusters;
    const { cluster, lines, printer } = consumer();
    const slice = { namespace: NAMESPACE, name: `slice-of-${name}` };
    const found = waitForNode(ctx, printer, cluster, slice, TIMEOUT_MS);
    await cluster.client.create(ctx, virtualNodes, virtualNode(name, slice.name, true));
    await cluster.client.create(ctx, virtualNodes, virtualNode(`other-than-${name}`, "another-slice", true));
    await cluster.client.create(ctx, nodes, {
      metadata: { name },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    assert.equal((await seen(cluster.client, nodes, { name })).metadata?.name, name);
    assert.equal(await found, name);
    assert.deepEqual(lines, ["✓ (local) Virtual node created (0.0s)", `✓ (local) Node ${name} is ready (0.0s)`]);
  });
}

test("a virtual node that is to have no Node is not waited for", async () => {
  const { cluster, printer } = consumer();
  await cluster.client.create(clusters.ctx, virtualNodes, virtualNode("nodeless", "nodeless", false));
  const slice = { namespace: NAMESPACE, name: "nodeless" };
  assert.equal(await waitForNode(clusters.ctx, printer, cluster, slice, TIMEOUT_MS), undefined);
});

test("a slice without a virtual node is told by name", async () => {
  const { cluster, printer } = consumer();
  await assert.rejects(
    waitForNode(clusters.ctx, printer, cluster, { namespace: NAMESPACE, name: "lonely" }, SHORT_MS),
    (error: unknown) =>
      error instanceof CliError &&
      /virtualnodes.offloading.liqo.io: none of ResourceSlice lonely in namespace liqo-tenant-cluster-b/.test(
        error.message,
      ),
  );
});
