import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProduct, PRODUCTS, searchProducts } from "./catalogue.ts";

test("a product is found by its id and others are not", () => {
  assert.equal(findProduct("OLJCESPC7Z")?.name, "Aviator Shades");
  assert.equal(findProduct("nothing"), undefined);
});

test("search looks at name and description in any case", () => {
  assert.deepEqual(
    searchProducts("MUG").map(({ id }) => id),
    ["6E92ZMYYFZ"],
  );
  assert.deepEqual(
    searchProducts("dishwasher").map(({ id }) => id),
    ["6E92ZMYYFZ"],
  );
  assert.deepEqual(searchProducts("zeppelin"), []);
});

const original = join(import.meta.dirname, "../../../../shared/data/online-boutique/products.json");
test("ids and categories are those of the original", { skip: existsSync(original) ? false : `no ${original}` }, () => {
  const { products } = JSON.parse(readFileSync(original, "utf8")) as {
    products: { id: string; categories: string[] }[];
  };
  assert.deepEqual(
    PRODUCTS.map(({ id, categories }) => ({ id, categories })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    products.map(({ id, categories }) => ({ id, categories })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
});
