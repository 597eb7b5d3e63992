import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeGeneveTunnel, forgeInternalFabric, forgeInternalNode } from "./internal.ts";

const OWN = { gateway: { ip: "10.80.0.3" }, node: { name: "liqo.abc" } };
const GATEWAY = {
  metadata: {
    namespace: "liqo-tenant-rome",
    name: "rome",
    uid: "1",
    labels: { "liqo.io/remote-cluster-id": "rome" },
  },
  status: { internalEndpoint: { ip: "10.244.0.9", node: "worker" } },
};
const CONFIGURATION = {
  metadata: { name: "rome" },
  status: { remote: { cidr: { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] } } },
};

test("a fabric leads to all that the peer has, as this cluster sees it", () => {
  const { metadata, spec } = forgeInternalFabric(GATEWAY, CONFIGURATION, OWN);
  assert.deepEqual(spec, {
    gatewayIP: "10.244.0.9",
    interface: OWN,
    remoteCIDRs: ["10.1.0.0/16", "10.2.0.0/16"],
  });
  assert.deepEqual([metadata?.namespace, metadata?.name], ["liqo-tenant-rome", "rome"]);
  assert.equal(metadata?.ownerReferences?.[0]?.uid, "1");
});

test("a fabric takes the gateway's MTU when it says one", () => {
  const gateway = { ...GATEWAY, spec: { mtu: 1340, endpoint: { port: 51_840, serviceType: "NodePort" as const } } };
  assert.equal(forgeInternalFabric(gateway, CONFIGURATION, OWN).spec?.mtu, 1340);
  assert.equal("mtu" in (forgeInternalFabric(GATEWAY, CONFIGURATION, OWN).spec ?? {}), false);
});

test("a tunnel joins a gateway and a node, and goes with the gateway", () => {
  const fabric = forgeInternalFabric(GATEWAY, CONFIGURATION, OWN);
  const node = forgeInternalNode("worker", "10.80.0.2", "liqo.def");
  const tunnel = forgeGeneveTunnel({ ...fabric, metadata: { ...fabric.metadata, uid: "2" } }, node, 7);
  assert.equal(tunnel.metadata?.name, "rome-worker");
  assert.deepEqual(tunnel.spec, {
    id: 7,
    internalFabricRef: { name: "rome", namespace: "liqo-tenant-rome" },
    internalNodeRef: { name: "worker" },
  });
  assert.equal(tunnel.metadata?.ownerReferences?.[0]?.uid, "2");
});

test("a node keeps the address and the device that it was given", () => {
  assert.deepEqual(forgeInternalNode("worker", "10.80.0.2", "liqo.def").spec, {
    interface: { gateway: { name: "liqo.def" }, node: { ip: "10.80.0.2" } },
  });
});
