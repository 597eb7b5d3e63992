import assert from "node:assert/strict";
import { test } from "node:test";
import { configurations } from "#api/networking/configuration.ts";
import { shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, endpointSlices, namespaces, nodes } from "#machinery/builtin.ts";
import { shadowEndpointSliceController } from "./controller.ts";

const TWIN = "off-cluster-a";

test("endpoints lead to the consumer and nowhere else, whatever they say that they are", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const twin = {
    labels: { "liqo.io/remote-cluster-id": "cluster-a" },
    annotations: { "liqo.io/managed-by-namespace-map": `${TENANT_NAMESPACES.provider}/cluster-b` },
  };
  await client.patch(ctx, namespaces, { name: TWIN }, "merge", { metadata: twin });
  const node = await client.create(ctx, nodes, { metadata: { name: "worker" } });
  const addresses = [{ type: "InternalIP", address: "10.245.0.4" }];
  await client.updateStatus(ctx, nodes, { ...node, status: { addresses } });
  const cidr = { pod: ["10.245.0.0/16"], external: ["10.71.0.0/16"] };
  for (const name of ["cluster-a", "cluster-c"]) {
    const metadata = { namespace: TENANT_NAMESPACES.provider, name, labels: { "liqo.io/remote-cluster-id": name } };
    const configuration = await client.create(ctx, configurations, { metadata, spec: { remote: { cidr } } });
    await client.updateStatus(ctx, configurations, { ...configuration, status: { remote: { cidr } } });
  }
  const shadow = (name: string, origin: string) => ({
    metadata: { namespace: TWIN, name, labels: { "offloading.liqo.io/origin": origin } },
    spec: {
      template: {
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.96.0.1"] }, { addresses: ["10.245.1.5", "172.31.0.10"] }],
        ports: [{ port: 443 }],
      },
    },
  });
  await client.create(ctx, shadowEndpointSlices, shadow("own", "cluster-a"));
  await client.create(ctx, shadowEndpointSlices, shadow("forged", "cluster-c"));
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, shadowEndpointSliceController(controllerDeps(client, informers)));
  const led = async (name: string) =>
    ((await seen(client, endpointSlices, { namespace: TWIN, name })).endpoints ?? []).map((each) => each.addresses);
  assert.deepEqual(await led("own"), [["10.245.1.5"]]);
  assert.deepEqual(await led("forged"), [["10.245.1.5"]]);
  await eventually("it is told", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: TWIN });
    const messages = items.map(({ message }) => message ?? "");
    assert.ok(messages.includes("not addresses of cluster cluster-a, left out: 10.96.0.1, 172.31.0.10"));
  });
  cancel();
  await running;
});
