import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../model/items.ts";
import { catalogOf } from "../state/catalog.ts";
import { itemsOf } from "../state/picture.ts";
import { bigWorld } from "../testing/big-world.ts";
import { clusterItem, demoWorld, nodeItem, peeringItem, podItem } from "../testing/demo-world.ts";
import { layoutFederation, type Picture } from "./federation.ts";
import type { Box } from "./links.ts";

const NOW = 1_800_000_000_000;

function drawn(items: readonly Item[], width: number): Picture {
  const catalog = catalogOf(itemsOf({ at: 0, items }));
  return layoutFederation(catalog, catalog.of.pod, width);
}

function inside(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width + 0.5 &&
    inner.y + inner.height <= outer.y + outer.height + 0.5
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function assertSound({ width, height, panels, nodes, links }: Picture): void {
  const all = { x: 0, y: 0, width, height };
  for (const [index, panel] of panels.entries()) {
    assert.ok(inside(all, panel), `panel ${panel.name} lies outside`);
    for (const other of panels.slice(index + 1)) assert.ok(!overlap(panel, other), `${panel.name} over ${other.name}`);
  }
  for (const node of nodes) {
    const panel = panels.find(({ name }) => name === node.cluster);
    assert.ok(panel !== undefined && inside(panel, node), `node ${node.key} lies outside its panel`);
    for (const { pod, x, y, size } of node.pods)
      assert.ok(inside(node, { x, y, width: size, height: size }), `pod ${pod.name} lies outside its node`);
  }
  for (const { path, middle } of links) {
    assert.ok(inside(all, { ...middle, width: 0, height: 0 }), `link ${path} leads outside`);
    assert.doesNotMatch(path, /NaN|undefined/);
  }
}

const WORLDS: readonly (readonly [name: string, items: readonly Item[]])[] = [
  ["nothing", []],
  ["one cluster", [clusterItem("milan"), nodeItem("milan", "worker-1")]],
  ["the shop", demoWorld(NOW)],
  ["five clusters", bigWorld(5, 60, NOW)],
  ["16 clusters and 1,000 pods", bigWorld(16, 1_000, NOW)],
  ["one node with 2,000 pods", [clusterItem("milan"), nodeItem("milan", "worker-1"), ...crowd(2_000)]],
];

function crowd(count: number): Item[] {
  return Array.from({ length: count }, (_, index) =>
    podItem({
      cluster: "milan",
      namespace: "shop",
      name: `web-${index}`,
      node: "worker-1",
      createdAt: "2026-01-01T00:00:00Z",
    }),
  );
}

for (const [name, items] of WORLDS)
  for (const width of [328, 700, 1_224, 2_000])
    test(`${name}, ${width} wide: everything lies in its place, and nothing over another`, () => {
      const picture = drawn(items, width);
      const pods = items.filter(({ kind }) => kind === "pod").length;
      assert.equal(
        picture.nodes.reduce((sum, node) => sum + node.pods.length, 0),
        pods,
      );
      assertSound(picture);
    });

test("of three clusters the one with most peers stands in the middle", () => {
  const picture = drawn(demoWorld(NOW), 1_224);
  assert.deepEqual(
    picture.panels.map(({ name }) => name),
    ["florence", "milan", "rome"],
  );
  assert.deepEqual(
    picture.links.map(({ straight, room }) => [straight, room]),
    [
      ["across", true],
      ["across", true],
    ],
  );
});

test("of many clusters the one with many nodes has the first row", () => {
  const [hub, second] = drawn(bigWorld(16, 100, NOW), 1_224).panels;
  assert.equal(hub?.name, "cluster-01");
  assert.equal(hub?.width, 1_224);
  assert.ok((second?.y ?? 0) > (hub?.height ?? 0));
});

test("real nodes come before virtual ones, and pods without a node last", () => {
  const pending = podItem({ cluster: "milan", namespace: "shop", name: "new", createdAt: "2026-01-01T00:00:00Z" });
  const nodes = drawn([...demoWorld(NOW), pending], 1_224).nodes.filter(({ cluster }) => cluster === "milan");
  assert.deepEqual(
    nodes.map(({ node }) => node?.name),
    ["worker-1", "worker-2", "liqo-florence", "liqo-rome", undefined],
  );
});

test("a peer that is not looked at has a panel of its own", () => {
  const picture = drawn([clusterItem("milan"), peeringItem("milan", "paris", "Provider", NOW)], 1_000);
  assert.deepEqual(
    picture.panels.map(({ name, cluster }) => [name, cluster?.cluster]),
    [
      ["milan", "milan"],
      ["paris", undefined],
    ],
  );
  assert.equal(picture.links.length, 1);
});

test("a link is as well as the worse of its sides", () => {
  const sides = [peeringItem("milan", "rome", "Provider", NOW), peeringItem("rome", "milan", "Consumer", NOW)];
  const items = [
    clusterItem("milan"),
    clusterItem("rome"),
    ...sides.slice(0, 1),
    { ...sides[1], health: "bad" } as Item,
  ];
  const [link, ...others] = drawn(items, 1_000).links;
  assert.deepEqual([link?.health, link?.sides.length, others.length], ["bad", 2, 0]);
});
