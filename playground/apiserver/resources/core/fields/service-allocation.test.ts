import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "kubernetes-types/core/v1";
import { mustParseCidr } from "#base/cidr.ts";
import { kitReader } from "#kit/object-reader.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { services } from "#machinery/builtin.ts";
import { serviceAllocation } from "./service-allocation.ts";

const RANGE = "10.96.0.0/24";

/** Allocates for one Service after the other; those of `present` are in the store. */
function allocator(present: readonly ServiceSpec[] = [], range = RANGE) {
  const stored = present.map((spec, i) => [services, service(`present-${i}`, spec)] as const);
  const clock = steppedClock();
  const plugin = serviceAllocation(kitReader(...stored), mustParseCidr(range), { clock, random: () => 0 });
  const allocate = async (name: string, spec: ServiceSpec, dryRun = false): Promise<ServiceSpec> => {
    const object = structuredClone(service(name, spec));
    await plugin.admit?.({} as never, { object, name, namespace: "off", dryRun } as never);
    return object.spec ?? {};
  };
  return { allocate, clock, plugin };
}

function service(name: string, spec: ServiceSpec): Service {
  return { metadata: { namespace: "off", name }, spec };
}

const port = (own: object = {}) => ({ port: 80, protocol: "TCP", ...own });

for (const [name, spec, wanted, present = []] of [
  // The lower 16 of 256 are left to people.
  ["the first address above those for people", {}, { clusterIP: "10.96.0.16", clusterIPs: ["10.96.0.16"] }],
  [
    "the next one when that is taken",
    {},
    { clusterIP: "10.96.0.17", clusterIPs: ["10.96.0.17"] },
    [{ clusterIP: "10.96.0.16" }],
  ],
  ["the address that is asked for", { clusterIP: "10.96.0.3" }, { clusterIP: "10.96.0.3", clusterIPs: ["10.96.0.3"] }],
  ["none of a headless Service", { clusterIP: "None" }, { clusterIP: "None", clusterIPs: ["None"] }],
  [
    "none of an ExternalName, whatever it had",
    { type: "ExternalName", clusterIP: "10.96.0.3", clusterIPs: ["10.96.0.3"] },
    { type: "ExternalName" },
  ],
  [
    "a node port, the same for both protocols of a port",
    { type: "NodePort", clusterIP: "None", ports: [port(), port({ protocol: "UDP" }), port({ port: 81 })] },
    {
      type: "NodePort",
      clusterIP: "None",
      clusterIPs: ["None"],
      ports: [
        port({ nodePort: 30_000 }),
        port({ protocol: "UDP", nodePort: 30_000 }),
        port({ port: 81, nodePort: 30_001 }),
      ],
    },
  ],
  [
    "a node port that no other Service has, nor its health check",
    { type: "NodePort", clusterIP: "None", ports: [port()] },
    { type: "NodePort", clusterIP: "None", clusterIPs: ["None"], ports: [port({ nodePort: 30_002 })] },
    [{ ports: [port({ nodePort: 30_000 })], healthCheckNodePort: 30_001 }],
  ],
  [
    "no node port of a load balancer that wants none",
    { type: "LoadBalancer", clusterIP: "None", allocateLoadBalancerNodePorts: false, ports: [port()] },
    {
      type: "LoadBalancer",
      clusterIP: "None",
      clusterIPs: ["None"],
      allocateLoadBalancerNodePorts: false,
      ports: [port()],
    },
  ],
  [
    "a port for health checks of a load balancer that keeps to the node, beside its own",
    { type: "LoadBalancer", clusterIP: "None", externalTrafficPolicy: "Local", ports: [port({ nodePort: 30_000 })] },
    {
      type: "LoadBalancer",
      clusterIP: "None",
      clusterIPs: ["None"],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30_001,
      ports: [port({ nodePort: 30_000 })],
    },
  ],
  [
    "no port for health checks any more of one that does not",
    { type: "LoadBalancer", clusterIP: "None", healthCheckNodePort: 30_005, ports: [] },
    { type: "LoadBalancer", clusterIP: "None", clusterIPs: ["None"], ports: [] },
  ],
] as [string, ServiceSpec, ServiceSpec, ServiceSpec[]?][]) {
  test(`a Service is given ${name}`, async () => {
    assert.deepEqual(await allocator(present).allocate("web", spec), wanted);
  });
}

for (const [name, spec, says, present = []] of [
  [
    "an address of another range",
    { clusterIP: "10.97.0.3" },
    /spec\.clusterIPs: .*failed to allocate IP 10\.97\.0\.3: the provided network does not match the current range/,
  ],
  [
    "an address that another has",
    { clusterIP: "10.96.0.3" },
    /provided IP is already allocated/,
    [{ clusterIPs: ["10.96.0.3"] }],
  ],
  [
    "a node port out of the range",
    { type: "NodePort", ports: [port({ nodePort: 80 })] },
    /spec\.ports\[0\]\.nodePort: Invalid value: 80: .*range of valid ports is 30000-32767/,
  ],
  [
    "a node port that another has",
    { type: "NodePort", ports: [port({ nodePort: 30_000 })] },
    /provided port is already allocated/,
    [{ ports: [port({ nodePort: 30_000 })] }],
  ],
] as [string, ServiceSpec, RegExp, ServiceSpec[]?][]) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(() => allocator(present).allocate("web", spec), says);
  });
}

test("two Services that come at once get two addresses and ports; one that never came gives them back", async () => {
  const { allocate, clock } = allocator();
  const spec: ServiceSpec = { type: "NodePort", ports: [port()] };
  const taken = ({ clusterIP, ports }: ServiceSpec) => [clusterIP, ports?.[0]?.nodePort];
  assert.deepEqual(taken(await allocate("a", spec)), ["10.96.0.16", 30_000]);
  assert.deepEqual(taken(await allocate("b", spec)), ["10.96.0.17", 30_001]);
  assert.deepEqual(taken(await allocate("a", spec)), ["10.96.0.16", 30_000], "its own are not another's");
  clock.step(10_001);
  assert.deepEqual(taken(await allocate("c", spec)), ["10.96.0.16", 30_000]);
});

test("a dry run reserves nothing", async () => {
  const { allocate } = allocator();
  await allocate("a", {}, true);
  assert.equal((await allocate("b", {})).clusterIP, "10.96.0.16");
});

test("the addresses for people come last, and then there is none", async () => {
  const { allocate } = allocator([], "10.96.0.0/28");
  const given: unknown[] = [];
  for (let i = 0; i < 15; i++) given.push((await allocate(`s${i}`, {})).clusterIP);
  assert.equal(new Set(given).size, 15);
  await assert.rejects(() => allocate("more", {}), /range 10\.96\.0\.0\/28 is full/);
});

test("only Services that are created or changed are looked at", () => {
  const { plugin } = allocator();
  const asked = (own: object) =>
    plugin.handles({
      resource: { group: "", plural: "services" },
      operation: "UPDATE",
      subresource: "",
      ...own,
    } as never);
  assert.deepEqual(
    [asked({}), asked({ operation: "CREATE" }), asked({ operation: "DELETE" }), asked({ subresource: "status" })],
    [true, true, false, false],
  );
});
