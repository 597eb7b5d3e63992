import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerPort, Pod, Service, ServicePort, ServiceSpec } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { isListed, planSlices } from "./plan.ts";

const service = (ports: ServicePort[], own: Partial<ServiceSpec> = {}): Service => ({
  metadata: { name: "web", namespace: "off", uid: "s1", labels: { team: "a" } },
  spec: { ports, ...own },
});
const HTTP: ServicePort = { port: 80 };

interface Made {
  readonly ports?: ContainerPort[];
  readonly ready?: boolean;
  readonly leaving?: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
}

function podAt(ip: string, { ports = [], ready = true, leaving = false, hostname, subdomain }: Made = {}): Pod {
  return podNamed(ip, {
    metadata: leaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {},
    spec: {
      nodeName: "rome-1",
      containers: [{ name: "c", image: "i", ports }],
      ...(hostname !== undefined && { hostname }),
      ...(subdomain !== undefined && { subdomain }),
    },
    status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  });
}

test("a slice is its Service's, and names pod and node of each endpoint", () => {
  const [slice, ...more] = planSlices(service([{ ...HTTP, name: "http", appProtocol: "h2c" }]), [podAt("10.0.0.1")]);
  assert.equal(more.length, 0);
  assert.match(slice?.metadata?.name ?? "", /^web-[a-z0-9]{5}$/);
  assert.deepEqual(slice?.metadata?.labels, {
    team: "a",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  const [owner] = slice?.metadata?.ownerReferences ?? [];
  assert.deepEqual([owner?.apiVersion, owner?.kind, owner?.uid, owner?.controller], ["v1", "Service", "s1", true]);
  assert.deepEqual(slice?.ports, [{ name: "http", port: 80, protocol: "TCP", appProtocol: "h2c" }]);
  assert.deepEqual(slice?.endpoints, [
    {
      addresses: ["10.0.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: "rome-1",
      targetRef: { kind: "Pod", namespace: "off", name: "10.0.0.1", uid: "10.0.0.1" },
    },
  ]);
});

for (const [name, own, made, expected] of [
  ["a pod that is ready", {}, {}, [true, true, false]],
  ["a pod that is not ready", {}, { ready: false }, [false, false, false]],
  ["a pod that is leaving, and still answers", {}, { leaving: true }, [false, true, true]],
  [
    "one that is not ready, of a Service that does not mind",
    { publishNotReadyAddresses: true },
    { ready: false },
    [true, false, false],
  ],
] as [string, Partial<ServiceSpec>, Made, boolean[]][]) {
  test(`the conditions of ${name}`, () => {
    const [slice] = planSlices(service([HTTP], own), [podAt("10.0.0.1", made)]);
    const { ready, serving, terminating } = slice?.endpoints?.[0]?.conditions ?? {};
    assert.deepEqual([ready, serving, terminating], expected);
  });
}

test("a named target port is looked up in each pod: one slice for each answer, without ports where there is none", () => {
  const at = (containerPort: number): Made => ({ ports: [{ name: "http", containerPort }] });
  const pods = [
    podAt("10.0.0.1", at(8080)),
    podAt("10.0.0.2", at(9090)),
    podAt("10.0.0.3", at(8080)),
    podAt("10.0.0.4"),
  ];
  const slices = planSlices(service([{ port: 80, targetPort: "http" }]), pods);
  const seen = slices.map((slice) => [
    (slice.ports ?? []).map(({ port }) => port),
    slice.endpoints.flatMap(({ addresses }) => addresses),
  ]);
  assert.deepEqual(seen, [
    [[8080], ["10.0.0.1", "10.0.0.3"]],
    [[9090], ["10.0.0.2"]],
    [[], ["10.0.0.4"]],
  ]);
  assert.equal(new Set(slices.map(({ metadata }) => metadata?.name)).size, 3);
});

test("slices hold a hundred endpoints, and keep their names while pods come and go", () => {
  const pods = Array.from({ length: 250 }, (_, i) => podAt(`10.0.${Math.floor(i / 250)}.${i}`));
  const slices = planSlices(service([HTTP]), pods);
  assert.deepEqual(
    slices.map(({ endpoints }) => endpoints.length),
    [100, 100, 50],
  );
  const names = slices.map(({ metadata }) => metadata?.name);
  assert.equal(new Set(names).size, 3);
  assert.deepEqual(
    planSlices(service([HTTP]), pods.slice(1)).map(({ metadata }) => metadata?.name),
    names,
  );
});

test("without pods there is an empty slice; a headless one says so, and gives names of its own subdomain", () => {
  const [empty] = planSlices(service([HTTP]), []);
  assert.deepEqual([empty?.endpoints, empty?.ports], [[], []]);
  const pods = [
    podAt("10.0.0.1", { hostname: "db-0", subdomain: "web" }),
    podAt("10.0.0.2", { hostname: "db-1", subdomain: "x" }),
  ];
  const [headless] = planSlices(service([HTTP], { clusterIP: "None" }), pods);
  assert.equal(headless?.metadata?.labels?.["service.kubernetes.io/headless"], "");
  assert.deepEqual(
    headless?.endpoints.map(({ hostname }) => hostname),
    ["db-0", undefined],
  );
});

test("pods without an address, or that have ended, are in no slice", () => {
  assert.equal(isListed(podAt("10.0.0.1")), true);
  assert.equal(isListed(podNamed("pending")), false);
  assert.equal(isListed({ ...podAt("10.0.0.1"), status: { podIP: "10.0.0.1", phase: "Succeeded" } }), false);
});
