import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Service } from "kubernetes-types/core/v1";
import { announcedAddresses, electNode } from "./load-balancer.ts";

const balanced: Service = {
  spec: { type: "LoadBalancer" },
  status: { loadBalancer: { ingress: [{ ip: "198.18.1.200" }] } },
};

function node(name: string, status: string, labels: Record<string, string> = {}): Node {
  return { metadata: { name, labels }, status: { conditions: [{ type: "Ready", status }] } };
}

/** The nodes that answer for the address, each deciding for itself. */
function announcers(nodes: readonly Node[]): string[] {
  return nodes
    .map((each) => each.metadata?.name ?? "")
    .filter((nodeName) => announcedAddresses({ services: [balanced], slices: [], nodes, nodeName }).length > 0);
}

test("exactly one of the ready nodes answers for an address", () => {
  assert.equal(announcers([node("a", "True"), node("b", "True"), node("c", "True")]).length, 1);
  assert.deepEqual(announcers([node("a", "False"), node("b", "True"), node("c", "Unknown")]), ["b"]);
});

test("a node excluded from external load balancers never answers, even where its hash would win", () => {
  const names = ["a", "b", "c", "d"];
  const winner = electNode("198.18.1.200", names) ?? "";
  const nodes = names.map((name) =>
    node(name, "True", name === winner ? { "node.kubernetes.io/exclude-from-external-load-balancers": "true" } : {}),
  );
  const [announcer, ...others] = announcers(nodes);
  assert.notEqual(announcer, winner);
  assert.ok(announcer !== undefined && others.length === 0);
});
