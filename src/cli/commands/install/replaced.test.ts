import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { deployments, namespaces } from "#machinery/builtin.ts";
import { findUpstream } from "./replaced.ts";

let clusters: TwoClusters;

before(async () => {
  clusters = await startTwoClusters();
  await clusters.consumer.client.create(clusters.ctx, namespaces, { metadata: { name: "liqo" } });
});
after(() => clusters[Symbol.asyncDispose]());

test("upstream's Liqo is told by the Deployments that only upstream has, with its peers", async () => {
  const { ctx, consumer } = clusters;
  const { client } = consumer;
  const cluster = { client, liqoNamespace: "liqo", server: "https://milan", [Symbol.dispose]: () => undefined };
  const deployment = (name: string) =>
    client.create(ctx, deployments, {
      metadata: { name, namespace: "liqo", labels: { "app.kubernetes.io/version": "v1.0.1" } },
      spec: {
        selector: { matchLabels: { name } },
        template: { metadata: { labels: { name } }, spec: { containers: [{ name, image: "example.com/liqo" }] } },
      },
    });
  assert.equal(await findUpstream(ctx, cluster), undefined);
  // Both have this one.
  await deployment("liqo-controller-manager");
  assert.equal(await findUpstream(ctx, cluster), undefined);
  await deployment("liqo-crd-replicator");
  const found = "namespace liqo of https://milan holds upstream's Liqo v1.0.1 (Deployments liqo-crd-replicator)";
  assert.equal(await findUpstream(ctx, cluster), `${found}, which would be replaced. It has no peers.`);
  for (const name of ["rome", "paris"])
    await client.create(ctx, foreignClusters, { metadata: { name }, spec: { clusterID: name } });
  assert.equal(
    await findUpstream(ctx, cluster),
    `${found}, which would be replaced. Its peerings with paris, rome would go on with ours.`,
  );
});
