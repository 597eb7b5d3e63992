import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExportedService } from "./exported-service.ts";
import { mergeExports, servedPorts } from "./merge.ts";

const http = { name: "http", protocol: "TCP", port: 80 };
const exported = (cluster: string, more: Partial<ExportedService> = {}): ExportedService => ({
  cluster,
  since: `2026-01-0${cluster === "milan" ? 1 : 2}T00:00:00Z`,
  type: "ClusterSetIP",
  ports: [http],
  sessionAffinity: "None",
  labels: {},
  annotations: {},
  ...more,
});
const config = { clientIP: { timeoutSeconds: 10 } };

for (const [name, reason, more] of [
  ["the same export twice", "NoConflicts", {}],
  ["ports in another order", "NoConflicts", { ports: [{ name: "b", protocol: "TCP", port: 81 }, http] }],
  ["another port", "PortConflict", { ports: [{ ...http, port: 81 }] }],
  ["one port more", "PortConflict", { ports: [http, { name: "c", protocol: "UDP", port: 82 }] }],
  ["another type", "TypeConflict", { type: "Headless" }],
  ["another affinity", "SessionAffinityConflict", { sessionAffinity: "ClientIP" }],
  ["another time-out", "SessionAffinityConfigConflict", { sessionAffinityConfig: config }],
  ["another internal policy", "InternalTrafficPolicyConflict", { internalTrafficPolicy: "Local" }],
  ["another distribution", "TrafficDistributionConflict", { trafficDistribution: "PreferClose" }],
  ["other labels", "LabelsConflict", { labels: { team: "a" } }],
  ["other annotations", "AnnotationsConflict", { annotations: { team: "a" } }],
  ["two differences", "TypeConflict,LabelsConflict", { type: "Headless", labels: { team: "a" } }],
] as const) {
  test(`${name}: ${reason}`, () => {
    const b = { name: "b", protocol: "TCP", port: 81 };
    const milan = exported("milan", name === "ports in another order" ? { ports: [http, b] } : {});
    const merged = mergeExports([exported("rome", more), milan]);
    assert.equal(merged?.conflict.reason, reason);
    assert.equal(merged.conflict.status, reason === "NoConflicts" ? "False" : "True");
    assert.deepEqual(merged.clusters, ["milan", "rome"]);
    // The oldest decides, and all ports that do not contradict each other are there.
    assert.equal(merged.spec.type, "ClusterSetIP");
    assert.deepEqual(merged.spec.ports[0], http);
    assert.deepEqual(merged.labels, {});
  });
}

test("nobody exports it", () => assert.equal(mergeExports([]), undefined));

test("of the same age, the names of the clusters decide, always alike", () => {
  const since = "2026-01-01T00:00:00Z";
  const [a, b] = [exported("a", { since, type: "Headless" }), exported("b", { since })];
  assert.equal(mergeExports([a, b])?.spec.type, "Headless");
  assert.equal(mergeExports([b, a])?.spec.type, "Headless");
});

for (const [name, ports, expected] of [
  ["another name and number is one port more", [{ name: "grpc", protocol: "TCP", port: 90 }], [80, 90]],
  ["the same name is the same port", [{ name: "http", protocol: "TCP", port: 90 }], [80]],
  ["the same number is the same port", [{ name: "web", protocol: "TCP", port: 80 }], [80]],
  ["of another protocol it is not", [{ name: "web", protocol: "UDP", port: 80 }], [80, 80]],
  ["a port without a name stands alone", [{ protocol: "TCP", port: 90 }], [80]],
] as const) {
  test(`union of ports: ${name}`, () => {
    const merged = mergeExports([exported("milan"), exported("rome", { ports })]);
    assert.deepEqual(
      merged?.spec.ports.map(({ port }) => port),
      expected,
    );
  });
}

test("a cluster serves the ports that it has as they were agreed upon", () => {
  const spec = {
    ports: [http, { name: "grpc", protocol: "TCP", port: 90 }, { name: "dns", protocol: "UDP", port: 53 }],
  };
  const ports = [
    { name: "http", protocol: "TCP", port: 8080 },
    { name: "grpc", protocol: "TCP", port: 90 },
    { name: "dns", protocol: "TCP", port: 53 },
  ];
  assert.deepEqual(servedPorts({ ports }, spec), ["grpc"]);
  assert.deepEqual(servedPorts({ ports: [{ port: 80 }] }, { ports: [{ port: 80, protocol: "TCP" }] }), [""]);
});
