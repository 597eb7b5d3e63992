import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "kubernetes-types/core/v1";
import { chooseAddress, planLoadBalancer } from "./plan.ts";

const range = { first: "10.90.0.9", last: "10.90.0.11" };
const service = (own: Partial<ServiceSpec> = {}, ip?: string, deletionTimestamp?: string): Service => ({
  metadata: { name: "web", ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
  spec: { type: "LoadBalancer", ...own },
  ...(ip !== undefined && { status: { loadBalancer: { ingress: [{ ip }] } } }),
});

for (const [name, of, within, expected] of [
  ["that has no address", service(), range, { do: "assign", ip: "10.90.0.10" }],
  ["that asks for one", service({ loadBalancerIP: "10.90.0.11" }), range, { do: "assign", ip: "10.90.0.11" }],
  [
    "that asks for one that another has",
    service({ loadBalancerIP: "10.90.0.9" }),
    range,
    { do: "wait", message: "no free address in 10.90.0.9-10.90.0.11" },
  ],
  ["that has one", service({}, "10.90.0.11"), range, { do: "keep", ip: "10.90.0.11" }],
  ["of a cluster that gives none", service(), undefined, { do: "keep", ip: undefined }],
  ["of another's class", service({ loadBalancerClass: "example.com/lb" }), range, { do: "nothing" }],
  ["that is being deleted", service({}, "10.90.0.11", "2026-01-01T00:00:00Z"), range, { do: "nothing" }],
  ["that is none any more", service({ type: "ClusterIP" }, "10.90.0.11"), range, { do: "clear" }],
  ["that never was one", service({ type: "ClusterIP" }), range, { do: "nothing" }],
] as [string, Service, typeof range | undefined, object][]) {
  test(`a Service ${name}`, () =>
    assert.deepEqual(
      planLoadBalancer(of, within, () => new Set(["10.90.0.9"])),
      expected,
    ));
}

test("addresses are counted as numbers, and those outside of the range are not given", () => {
  const used = new Set(["10.90.0.9", "10.90.0.10"]);
  assert.equal(chooseAddress(range, used), "10.90.0.11");
  assert.equal(chooseAddress(range, new Set([...used, "10.90.0.11"])), undefined);
  for (const wanted of ["10.90.0.8", "10.90.0.12", "web"]) assert.equal(chooseAddress(range, used, wanted), undefined);
});
