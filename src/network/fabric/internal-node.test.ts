import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { InternalFabric } from "#api/networking/internal.ts";
import { gatewayPlaces } from "./internal-node.ts";

const FABRIC: InternalFabric = {
  metadata: { namespace: "liqo-tenant-rome", name: "rome" },
  spec: { gatewayIP: "10.244.0.5", interface: { gateway: { ip: "10.80.0.4" }, node: { name: "liqo.x" } } },
};

function pod(namespace: string, podIP: string, gateway = "rome", nodeName = "worker-1"): Pod {
  const metadata = { namespace, name: "gw", labels: { [labels.GATEWAY_NAME]: gateway } };
  return { metadata, spec: { containers: [], nodeName }, status: { podIP } };
}

test("a gateway is a pod of the gateway that an InternalFabric of its namespace is for, here or elsewhere", () => {
  const real = pod("liqo-tenant-rome", "10.244.0.5");
  assert.deepEqual(gatewayPlaces([real], [FABRIC], "worker-1"), [{ ip: "10.244.0.5", isHere: true }]);
  assert.deepEqual(gatewayPlaces([real], [FABRIC], "worker-2"), [{ ip: "10.244.0.5", isHere: false }]);
  const waiting = pod("liqo-tenant-rome", "10.244.0.9");
  assert.deepEqual(gatewayPlaces([waiting], [FABRIC], "worker-1"), [{ ip: "10.244.0.9", isHere: true }]);
});

test("a pod that only has the labels of a gateway is none", () => {
  const forged = [
    pod("web-milan", "10.244.0.5"),
    pod("liqo-tenant-rome", "10.244.0.9", "venice"),
    pod("web-milan", "10.244.1.1"),
  ];
  assert.deepEqual(gatewayPlaces(forged, [FABRIC], "worker-1"), []);
});
