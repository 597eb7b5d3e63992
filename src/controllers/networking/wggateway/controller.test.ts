import assert from "node:assert/strict";
import { test } from "node:test";
import { type WgGatewayServer, wgGatewayClients, wgGatewayServers } from "#api/networking/wggateway.ts";
import { type Context, withCancel } from "#base/context.ts";
import { GATEWAY_SELECTOR } from "#forge/networking/names.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import {
  clusterRoleBindings,
  coreEvents,
  deployments,
  pods,
  roleBindings,
  serviceAccounts,
  services,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import { managedAccounts } from "../../accounts.ts";
import { wgGatewayClientController, wgGatewayServerController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.consumer;
const KEY = { namespace, name: "rome" };
const DEPLOYMENT = { namespace, name: "gw-rome" };
const BINDING = `liqo-gateway-${namespace}-rome`;
const own = { "networking.liqo.io/component": "gateway", "networking.liqo.io/gateway-name": "rome" };
const deployment = {
  metadata: { labels: own },
  spec: {
    selector: { matchLabels: own },
    template: { metadata: { labels: own }, spec: { containers: [{ name: "gateway", image: "i" }] } },
  },
};
const service = {
  metadata: { labels: own },
  spec: { type: "LoadBalancer", ports: [{ port: 51_840, protocol: "UDP" }] },
};
const SERVER = { metadata: KEY, spec: { deployment, service, secretRef: { name: "gw-rome" } } };

const create = (ctx: Context, client: KubeClient): Promise<WgGatewayServer> =>
  client.create(ctx, wgGatewayServers, SERVER as never);

const ADDRESS = "192.0.2.7";

/** What a load balancer's controller does with a new Service. */
async function giveAddress(ctx: Context, client: KubeClient): Promise<void> {
  const found = await seen(client, services, DEPLOYMENT);
  await client.updateStatus(ctx, services, { ...found, status: { loadBalancer: { ingress: [{ ip: ADDRESS }] } } });
}

test("a gateway runs under its own account, and tells where it is", async () => {
  await using running = await runControllers([wgGatewayServerController]);
  const { ctx, client } = running;
  await create(ctx, client);
  const account = await seen(client, serviceAccounts, KEY);
  const found = await seen(client, deployments, DEPLOYMENT);
  const { template } = found.spec ?? {};
  assert.equal(template?.spec?.serviceAccountName, "rome");
  assert.equal(Object.values(template?.metadata?.annotations ?? {}).includes(account.metadata?.uid ?? ""), true);
  await seen(client, roleBindings, { namespace, name: BINDING });
  await seen(client, clusterRoleBindings, { name: BINDING });
  await giveAddress(ctx, client);
  await seen(client, wgGatewayServers, KEY, ({ status }) => status?.endpoint?.port === 51_840);
  const labels = { ...own, "networking.liqo.io/active": "true" };
  const spec = { nodeName: "worker", containers: [{ name: "c", image: "i" }] };
  const pod = await client.create(ctx, pods, { metadata: { namespace, name: "p", labels }, spec });
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP: "10.244.0.9" } });
  await seen(client, wgGatewayServers, KEY, ({ status }) => status?.internalEndpoint?.ip === "10.244.0.9");
  const later = await client.get(ctx, deployments, DEPLOYMENT);
  assert.equal(later.metadata?.resourceVersion, found.metadata?.resourceVersion);
});

test("a pod that comes or goes needs no writes but that of the status: they would be refused here", async () => {
  const forbidden = new Set<string>();
  await using clusters = await startTwoClusters({ forbidden });
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace: TENANT_NAMESPACES.provider, name: "rome" };
  await client.create(ctx, wgGatewayServers, { ...SERVER, metadata: key } as never);
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, wgGatewayServerController(controllerDeps(client, informers)));
  await seen(client, wgGatewayServers, key, ({ status }) => status?.secretRef !== undefined);
  // Its own writes must have come back first.
  const { accounts, roleBindings: bindings, clusterRoleBindings: everywhere } = managedAccounts({ informers });
  const labelled = { labelSelector: GATEWAY_SELECTOR };
  const [run, reached] = [informers.for(deployments, labelled), informers.for(services, labelled)];
  await eventually("the cache knows them", () => {
    const counts = [accounts, bindings, everywhere, run, reached].map(({ store }) => store.list().length);
    assert.deepEqual(counts, [1, 1, 1, 1, 1]);
  });
  for (const plural of ["deployments", "services", "serviceaccounts", "rolebindings", "clusterrolebindings"])
    forbidden.add(plural);
  const labels = { ...own, "networking.liqo.io/active": "true" };
  const spec = { nodeName: "worker", containers: [{ name: "c", image: "i" }] };
  const pod = await client.create(ctx, pods, { metadata: { namespace: key.namespace, name: "p", labels }, spec });
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP: "10.244.0.9" } });
  await seen(client, wgGatewayServers, key, ({ status }) => status?.internalEndpoint?.ip === "10.244.0.9");
  cancel();
  await running;
});

test("what somebody deletes comes back, the Service with the address that was told", async () => {
  await using running = await runControllers([wgGatewayServerController]);
  const { ctx, client } = running;
  await create(ctx, client);
  await giveAddress(ctx, client);
  await seen(client, wgGatewayServers, KEY, ({ status }) => status?.endpoint !== undefined);
  const written: readonly (readonly [Resource<KubeObject>, ObjectKey])[] = [
    [serviceAccounts, KEY],
    [deployments, DEPLOYMENT],
    [services, DEPLOYMENT],
    [roleBindings, { namespace, name: BINDING }],
    [clusterRoleBindings, { name: BINDING }],
  ];
  for (const [resource, key] of written) {
    const before = await seen(client, resource, key);
    await client.delete(ctx, resource, key);
    await seen(client, resource, key, ({ metadata }) => metadata?.uid !== before.metadata?.uid);
  }
  await seen(client, services, DEPLOYMENT, ({ spec }) => spec?.loadBalancerIP === ADDRESS);
});

test("a gateway that is deleted takes its rights in the whole cluster along", async () => {
  await using running = await runControllers([wgGatewayServerController]);
  const { ctx, client } = running;
  await create(ctx, client);
  await seen(client, clusterRoleBindings, { name: BINDING });
  await client.delete(ctx, wgGatewayServers, KEY);
  await gone(client, clusterRoleBindings, { name: BINDING });
  await gone(client, wgGatewayServers, KEY);
});

test("a client beside a server of its name leaves the server's Deployment alone, and says so", async () => {
  await using running = await runControllers([wgGatewayServerController, wgGatewayClientController]);
  const { ctx, client } = running;
  await create(ctx, client);
  const before = await seen(client, deployments, DEPLOYMENT);
  await client.create(ctx, wgGatewayClients, { metadata: KEY, spec: { deployment } } as never);
  await eventually("the rival is told", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace });
    assert.ok(items.some(({ reason }) => reason === "GatewayNameTaken"));
  });
  const after = await client.get(ctx, deployments, DEPLOYMENT);
  assert.deepEqual(after.metadata?.ownerReferences, before.metadata?.ownerReferences);
});
