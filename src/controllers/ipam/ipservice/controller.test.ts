import assert from "node:assert/strict";
import { test } from "node:test";
import { ips } from "#api/ipam/ip.ts";
import { eventually } from "#kit/eventually.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen } from "#kit/two-clusters.ts";
import { coreEvents, endpointSlices, services } from "#machinery/builtin.ts";
import { ipServiceController } from "./controller.ts";

const KEY = { namespace: "default", name: "database" };
const ports = (...numbers: number[]) => numbers.map((port) => ({ name: `p${port}`, port, targetPort: port + 1 }));
const withPorts = (...numbers: number[]) => ({
  metadata: { labels: { team: "red" } },
  spec: { ports: ports(...numbers) },
});

test("an IP that asks for it has a Service that leads to its address, and follows its template", async () => {
  await using running = await runControllers([ipServiceController]);
  const { ctx, client } = running;
  const serviceTemplate = withPorts(5432);
  const ip = await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.7", serviceTemplate } });
  const service = await seen(client, services, KEY);
  assert.deepEqual(
    [service.metadata?.labels?.["team"], service.metadata?.ownerReferences?.[0]?.uid, service.spec?.selector],
    ["red", ip.metadata?.uid, undefined],
  );
  const slice = await seen(client, endpointSlices, KEY);
  assert.equal(slice.metadata?.labels?.["kubernetes.io/service-name"], "database");
  assert.deepEqual(
    [slice.endpoints?.[0]?.addresses, slice.ports?.map(({ name, port }) => `${name} ${port}`)],
    [["192.0.2.7"], ["p5432 5433"]],
  );
  await client.patch(ctx, ips, KEY, "merge", { spec: { serviceTemplate: withPorts(5432, 80) } });
  await seen(client, endpointSlices, KEY, ({ ports: all }) => all?.length === 2);
  await seen(client, services, KEY, ({ spec }) => spec?.ports?.length === 2);
  await client.delete(ctx, services, KEY);
  await seen(client, services, KEY, ({ metadata }) => metadata?.uid !== service.metadata?.uid);
});

test("a Service of somebody else stays as it is, and the IP says so", async () => {
  await using running = await runControllers([ipServiceController], async (ctx, client) => {
    await client.create(ctx, services, { metadata: KEY, spec: { ports: [{ port: 1 }] } });
  });
  const { ctx, client } = running;
  await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.7", serviceTemplate: withPorts(5432) } });
  await eventually("an event", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: KEY.namespace });
    const event = items.find(({ reason }) => reason === "ServiceExists");
    assert.match(event?.message ?? "", /another Service database: rename the IP, or delete that/);
  });
  assert.equal((await client.get(ctx, services, KEY)).spec?.ports?.[0]?.port, 1);
});

test("what the API server refuses is told, and the next template counts", async () => {
  await using running = await runControllers([ipServiceController]);
  const { ctx, client } = running;
  const serviceTemplate = { spec: { type: "Nonsense", ports: ports(80) } };
  await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.7", serviceTemplate } });
  await eventually("an event", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace: KEY.namespace });
    const event = items.find(({ reason }) => reason === "ServiceRefused");
    assert.match(event?.message ?? "", /^spec\.serviceTemplate: .*Nonsense/);
  });
  await client.patch(ctx, ips, KEY, "merge", { spec: { serviceTemplate: { spec: { type: null } } } });
  await seen(client, services, KEY);
});

test("an IP without a template has no Service", async () => {
  await using running = await runControllers([ipServiceController]);
  const { ctx, client } = running;
  await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.7" } });
  const other = { ...KEY, name: "other" };
  await client.create(ctx, ips, { metadata: other, spec: { ip: "192.0.2.8", serviceTemplate: withPorts(80) } });
  await seen(client, services, other);
  await gone(client, services, KEY);
});
