import assert from "node:assert/strict";
import { test } from "node:test";
import type { WgGatewayServer } from "#api/networking/wggateway.ts";
import {
  forgeGatewayAccount,
  forgeGatewayBinding,
  forgeGatewayClusterBinding,
  forgeGatewayDeployment,
  forgeGatewayKeys,
  forgeGatewayService,
} from "./wggateway.ts";

const GATEWAY = {
  metadata: {
    namespace: "liqo-tenant-rome",
    name: "rome",
    uid: "1",
    labels: { "liqo.io/remote-cluster-id": "rome" },
  },
  spec: {
    deployment: {
      metadata: { labels: { app: "gateway" } },
      spec: {
        selector: { matchLabels: { app: "gateway" } },
        template: {
          metadata: { annotations: { own: "kept" } },
          spec: { serviceAccountName: "template's", containers: [{ name: "gateway" }] },
        },
      },
    },
    service: { metadata: { annotations: { lb: "internal" } }, spec: { type: "LoadBalancer" } },
  },
} as unknown as WgGatewayServer;

test("rights are the gateway's account's: what all gateways read everywhere, its own in its namespace", () => {
  const subjects = [{ kind: "ServiceAccount", name: "rome", namespace: "liqo-tenant-rome" }];
  const everywhere = forgeGatewayClusterBinding(GATEWAY);
  const own = forgeGatewayBinding(GATEWAY);
  assert.deepEqual([everywhere.subjects, own.subjects], [subjects, subjects]);
  assert.deepEqual([everywhere.roleRef.name, own.roleRef.name], ["liqo-gateway", "liqo-gateway-tenant"]);
  assert.deepEqual([everywhere.metadata?.namespace, own.metadata?.namespace], [undefined, "liqo-tenant-rome"]);
  assert.equal(forgeGatewayAccount(GATEWAY).metadata?.name, "rome");
});

test("bindings of gateways of one name in two namespaces do not meet", () => {
  const other = { ...GATEWAY, metadata: { ...GATEWAY.metadata, namespace: "liqo-tenant-turin" } };
  assert.notEqual(forgeGatewayClusterBinding(GATEWAY).metadata?.name, forgeGatewayClusterBinding(other).metadata?.name);
});

test("the Deployment is the template's, under the gateway's account, and follows an account made again", () => {
  const podOf = (uid: string) => forgeGatewayDeployment(GATEWAY, uid)?.spec?.template;
  assert.equal(forgeGatewayDeployment(GATEWAY, "a")?.metadata?.name, "gw-rome");
  assert.equal(podOf("a")?.spec?.serviceAccountName, "rome");
  assert.equal(podOf("a")?.metadata?.annotations?.["own"], "kept");
  assert.notDeepEqual(podOf("a"), podOf("b"));
  const bare = { ...GATEWAY, spec: { deployment: {}, service: {} } } as unknown as WgGatewayServer;
  assert.deepEqual([forgeGatewayDeployment(bare, "a"), forgeGatewayService(bare)], [undefined, undefined]);
});

test("the Service keeps the template's annotations, by which load balancers are told how", () => {
  const service = forgeGatewayService(GATEWAY);
  assert.deepEqual([service?.metadata?.name, service?.metadata?.annotations], ["gw-rome", { lb: "internal" }]);
});

test("everything goes with the gateway", () => {
  const owned = [
    forgeGatewayAccount(GATEWAY),
    forgeGatewayBinding(GATEWAY),
    forgeGatewayDeployment(GATEWAY, "a"),
    forgeGatewayService(GATEWAY),
    forgeGatewayKeys(GATEWAY),
  ];
  for (const object of owned) assert.equal(object?.metadata?.ownerReferences?.[0]?.uid, "1");
});
