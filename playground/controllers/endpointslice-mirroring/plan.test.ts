import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoints, Service } from "kubernetes-types/core/v1";
import { planMirror } from "./plan.ts";

const service: Service = { metadata: { name: "db", namespace: "shop" }, spec: { ports: [{ port: 5432 }] } };
const endpoints: Endpoints = {
  metadata: {
    name: "db",
    namespace: "shop",
    uid: "u1",
    labels: { app: "db" },
    annotations: { note: "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  },
  subsets: [
    {
      addresses: [{ ip: "192.0.2.1", hostname: "one" }, { ip: "192.0.2.1" }, { ip: "2001:db8::1" }],
      notReadyAddresses: [{ ip: "192.0.2.2", nodeName: "n" }],
      ports: [{ port: 5432 }],
    },
    { addresses: [{ ip: "192.0.2.3" }], ports: [{ name: "admin", port: 80, protocol: "TCP", appProtocol: "http" }] },
  ],
};

test("hand-made Endpoints become one slice per set of ports and kind of address", () => {
  const slices = planMirror(service, endpoints);
  const seen = slices.map((slice) => ({ type: slice.addressType, ports: slice.ports, endpoints: slice.endpoints }));
  const ports = [{ name: "", port: 5432, protocol: "TCP" }];
  assert.deepEqual(seen, [
    {
      type: "IPv4",
      ports,
      endpoints: [
        { addresses: ["192.0.2.1"], conditions: { ready: true }, hostname: "one" },
        { addresses: ["192.0.2.2"], conditions: { ready: false }, nodeName: "n" },
      ],
    },
    { type: "IPv6", ports, endpoints: [{ addresses: ["2001:db8::1"], conditions: { ready: true } }] },
    {
      type: "IPv4",
      ports: [{ name: "admin", port: 80, protocol: "TCP", appProtocol: "http" }],
      endpoints: [{ addresses: ["192.0.2.3"], conditions: { ready: true } }],
    },
  ]);
  assert.equal(new Set(slices.map(({ metadata }) => metadata?.name)).size, 3);
  for (const { metadata } of slices) {
    assert.match(metadata?.name ?? "", /^db-[a-z0-9]{5}$/);
    assert.deepEqual(metadata?.labels, {
      app: "db",
      "kubernetes.io/service-name": "db",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    });
    assert.deepEqual(metadata?.annotations, { note: "kept" });
    const [owner] = metadata?.ownerReferences ?? [];
    assert.deepEqual([owner?.kind, owner?.name, owner?.uid, owner?.controller], ["Endpoints", "db", "u1", true]);
  }
});

const marked = (metadata: Endpoints["metadata"]): Endpoints => ({ ...endpoints, metadata: { ...metadata } });
const refused: [string, Service | undefined, Endpoints | undefined][] = [
  ["the Service has a selector", { ...service, spec: { selector: { app: "db" } } }, endpoints],
  ["the selector is empty", { ...service, spec: { selector: {} } }, endpoints],
  ["there is no Service", undefined, endpoints],
  ["there are no Endpoints", service, undefined],
  ["they have no addresses", service, { ...endpoints, subsets: [] }],
  ["they say so", service, marked({ labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } })],
  ["they are a lock", service, marked({ annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } })],
];
for (const [what, of, made] of refused) {
  test(`Endpoints are not mirrored when ${what}`, () => assert.deepEqual(planMirror(of, made), []));
}
