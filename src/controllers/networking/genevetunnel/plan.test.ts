import assert from "node:assert/strict";
import { test } from "node:test";
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { forgeGeneveTunnel } from "#forge/networking/internal.ts";
import { planTunnels } from "./plan.ts";

const fabric = (name: string) =>
  ({ metadata: { namespace: `liqo-tenant-${name}`, name, uid: name } }) as InternalFabric;
const node = (name: string) => ({ metadata: { name } }) as InternalNode;
const [ROME, TURIN] = [fabric("rome"), fabric("turin")];
const [A, B] = [node("a"), node("b")];
const ids = (tunnels: readonly GeneveTunnel[]) => tunnels.map(({ metadata, spec }) => `${metadata?.name}=${spec?.id}`);
const NONE = new Map<string, number>();

for (const [name, fabrics, nodes, tunnels, given, created, removed] of [
  [
    "every pair gets one, each with an id of its own",
    [ROME, TURIN],
    [A, B],
    [],
    NONE,
    ["rome-a=0", "rome-b=1", "turin-a=2", "turin-b=3"],
    [],
  ],
  ["what is there stays", [ROME], [A], [forgeGeneveTunnel(ROME, A, 5)], NONE, [], []],
  [
    "a new one takes the lowest id that is free",
    [ROME],
    [A, B],
    [forgeGeneveTunnel(ROME, A, 0)],
    NONE,
    ["rome-b=1"],
    [],
  ],
  ["also one below those in use", [ROME], [A, B], [forgeGeneveTunnel(ROME, A, 7)], NONE, ["rome-b=0"], []],
  [
    "an id that was given out and is not seen yet is not given twice",
    [ROME, TURIN],
    [A],
    [],
    new Map([["liqo-tenant-turin/turin-a", 0]]),
    ["rome-a=1", "turin-a=0"],
    [],
  ],
  [
    "the node's go with it",
    [ROME],
    [A],
    [forgeGeneveTunnel(ROME, A, 0), forgeGeneveTunnel(ROME, B, 1)],
    NONE,
    [],
    ["rome-b=1"],
  ],
  ["the gateway's, too", [], [A], [forgeGeneveTunnel(ROME, A, 0)], NONE, [], ["rome-a=0"]],
  [
    "two gateways of one name in two namespaces are two",
    [ROME, { metadata: { ...ROME.metadata, namespace: "other" } } as InternalFabric],
    [A],
    [forgeGeneveTunnel(ROME, A, 0)],
    NONE,
    ["rome-a=1"],
    [],
  ],
] as const) {
  test(name, () => {
    const plan = planTunnels({ fabrics, nodes, tunnels, given });
    assert.deepEqual([ids(plan.create), ids(plan.remove)], [created, removed]);
  });
}
