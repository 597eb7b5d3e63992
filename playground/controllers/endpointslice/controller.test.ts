import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { endpointSlices, endpoints, pods, services } from "#machinery/builtin.ts";
import { endpointSliceMirroringController } from "../endpointslice-mirroring/controller.ts";
import { endpointSliceController } from "./controller.ts";

const key = { namespace: "off", name: "web" };
const labels = { app: "web" };
const BOTH = "10.0.0.1,10.0.0.2";
const ips = (slices: readonly EndpointSlice[]): string =>
  slices
    .flatMap((slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses))
    .sort()
    .join();

test("the slices of a Service follow its pods, come back when they are deleted, and its Endpoints go with it", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(endpointSliceController);
  await client.create(ctx, services, { metadata: key, spec: { selector: labels, ports: [{ port: 80 }] } });
  for (const i of [1, 2]) {
    const podKey = { namespace: "off", name: `web-${i}` };
    const spec = { containers: [{ name: "c", image: "i" }] };
    await client.create(ctx, pods, { metadata: { ...podKey, labels }, spec });
    const status = {
      podIP: `10.0.0.${i}`,
      podIPs: [{ ip: `10.0.0.${i}` }],
      conditions: [{ type: "Ready", status: "True" }],
    };
    await client.patch(ctx, pods, podKey, "merge", { status }, { subresource: "status" });
  }
  const [slice] = await parts.seenAll(endpointSlices, (list) => list.length === 1 && ips(list) === BOTH);
  const found = await parts.seen(endpoints, key, ({ subsets }) => subsets?.[0]?.addresses?.length === 2);
  assert.deepEqual(found.subsets?.[0]?.ports, [{ port: 80, protocol: "TCP" }]);
  await client.delete(ctx, endpointSlices, { namespace: "off", name: slice?.metadata?.name ?? "" });
  await parts.seenAll(
    endpointSlices,
    (list) => list.length === 1 && ips(list) === BOTH && list[0]?.metadata?.uid !== slice?.metadata?.uid,
  );
  await client.patch(ctx, pods, { namespace: "off", name: "web-1" }, "merge", { metadata: { labels: { app: "db" } } });
  await parts.seenAll(endpointSlices, (list) => ips(list) === "10.0.0.2");
  await client.delete(ctx, services, key);
  await parts.gone(endpoints, key);
});

test("Endpoints made by hand are mirrored, and stay when their Service goes", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(endpointSliceController, endpointSliceMirroringController);
  await client.create(ctx, services, { metadata: key, spec: { ports: [{ port: 5432 }] } });
  const subsets = [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 5432 }] }];
  await client.create(ctx, endpoints, { metadata: key, subsets });
  await parts.seenAll(endpointSlices, (list) => ips(list) === "192.0.2.1");
  const more = [{ ...subsets[0], addresses: [{ ip: "192.0.2.1" }, { ip: "192.0.2.2" }] }];
  await client.patch(ctx, endpoints, key, "merge", { subsets: more });
  await parts.seenAll(endpointSlices, (list) => ips(list) === "192.0.2.1,192.0.2.2");
  await client.delete(ctx, services, key);
  await parts.seenAll(endpointSlices, (list) => list.length === 0);
  assert.notEqual(await client.find(ctx, endpoints, key), undefined);
});
