import assert from "node:assert/strict";
import { test } from "node:test";
import { gridOf, neighbour, placeOf } from "./marks.ts";

const SIZES = [
  { count: 0, size: 16, height: 0 },
  { count: 10, size: 16, height: 16 },
  { count: 11, size: 16, height: 40 },
  { count: 100, size: 11, height: 123 },
  { count: 300, size: 8, height: 162 },
  { count: 1_000, size: 5, height: 187 },
];

for (const { count, size, height } of SIZES)
  test(`${count} pods on 232 pixels: marks of ${size}, ${height} high`, () => {
    const grid = gridOf(count, 232);
    assert.equal(grid.size, size);
    assert.equal(grid.height, height);
    const last = placeOf(grid, Math.max(0, count - 1));
    assert.ok(last.x + size <= 232 && last.y + size <= Math.max(size, grid.height));
  });

test("a node that is narrower than a mark still shows them, one below the other", () => {
  assert.equal(gridOf(3, 4).columns, 1);
});

const ARROWS = [
  { key: "ArrowRight", from: 3, to: 4 },
  { key: "ArrowLeft", from: 0, to: 0 },
  { key: "ArrowDown", from: 1, to: 6 },
  { key: "ArrowDown", from: 6, to: 6 },
  { key: "ArrowUp", from: 6, to: 1 },
  { key: "Home", from: 2, to: 2 },
];

for (const { key, from, to } of ARROWS)
  test(`${key} leads from mark ${from} of 8 in rows of 5 to ${to}`, () => assert.equal(neighbour(5, 8, from, key), to));
